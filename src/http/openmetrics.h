/* SPDX-License-Identifier: Apache-2.0 */
/* OpenMetrics 1.0 text from tables of numbers. */
#pragma once

#include <stddef.h>

struct text;

#define OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, _METRIC_MAX };

struct metric_label {
	const char *name;
	const char *value;
};

/**
 * struct metric - one number.
 * @name:   "bpfd_agent_configs"; a counter's sample gets "_total" behind it.
 * @help:   one sentence.
 * @labels: @n_labels of them, values from anywhere: they are escaped.
 */
struct metric {
	const char *name;
	const char *help;
	enum metric_type type;
	const struct metric_label *labels;
	size_t n_labels;
	double value;
};

/* Append rows. Those of one name stand together, here and over all calls for one text: the first of
 * them gives type and help. */
void openmetrics_add(struct text *out, const struct metric *rows, size_t n);

/* Append what ends a text. */
void openmetrics_end(struct text *out);
