/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the text form of metrics; knows no metric. */
#include "http/openmetrics.h"

#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define VALUE_MAX 1024

/* Above it not every whole number is a double. */
#define WHOLE_MAX 9007199254740992.0

static const char *const types[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
};

_Static_assert(array_size(types) == _METRIC_MAX, "a name for each type");

static void add_escaped(struct text *out, const char *s)
{
	if (!text_is_clean_multiline(s, VALUE_MAX)) {
		text_add(out, "?");
		return;
	}
	for (; *s; s++) {
		if (*s == '\n')
			text_add(out, "\\n");
		else if (*s == '"' || *s == '\\')
			text_add(out, "\\%c", *s);
		else
			text_add_bytes(out, s, 1);
	}
}

static void add_head(struct text *out, const struct metric *m)
{
	text_add(out, "# TYPE %s %s\n# HELP %s ", m->name, types[m->type], m->name);
	add_escaped(out, m->help);
	text_add(out, "\n");
}

static void add_value(struct text *out, double value)
{
	if (isnan(value))
		text_add(out, " NaN\n");
	else if (isinf(value))
		text_add(out, " %cInf\n", value > 0 ? '+' : '-');
	else if (value == trunc(value) && fabs(value) < WHOLE_MAX)
		text_add(out, " %.0f\n", value);
	else
		text_add(out, " %.17g\n", value);
}

static void add_sample(struct text *out, const struct metric *m)
{
	text_add(out, "%s%s", m->name, m->type == METRIC_COUNTER ? "_total" : "");
	for (size_t i = 0; i < m->n_labels; i++) {
		text_add(out, "%c%s=\"", i == 0 ? '{' : ',', m->labels[i].name);
		add_escaped(out, m->labels[i].value);
		text_add(out, "\"");
	}
	if (m->n_labels > 0)
		text_add(out, "}");
	add_value(out, m->value);
}

void openmetrics_add(struct text *out, const struct metric *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
			add_head(out, &rows[i]);
		add_sample(out, &rows[i]);
	}
}

void openmetrics_end(struct text *out)
{
	text_add(out, "# EOF\n");
}
