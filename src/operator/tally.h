/* SPDX-License-Identifier: Apache-2.0 */
/* What the nodes report about one config, added up. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube/json.h"

/* What a BpfProgram says, condensed; strings owned. @since_ms: when it became so, monotonic. */
struct report {
	char *node;
	char *object;
	char revision[KUBE_HASH_SIZE];
	long long generation;
	bool is_loaded;
	bool is_failed;
	char *reason;
	char *message;
	uint64_t since_ms;
};

/* Fill from a BpfProgram; .since_ms is kept when nothing that counts has changed. Return: whether
 * something has; -ENOMEM. */
int report_take(struct report *report, const json_t *object);
void report_done(struct report *report);

/* How many nodes there are of each kind, and why those that failed did. */
struct tally_counts {
	size_t desired;
	size_t loaded;
	size_t failed;
	size_t not_selected;
	size_t updated;
};

/* Failures by reason: {REASON: {count, nodes: [at most five], message}}. */
void tally_reason(json_t *reasons, const struct report *report);

/* As status.reasons: an array, the most frequent first. */
json_t *tally_reasons(const json_t *by_reason);

/* "4/5 loaded; 1 failed: NotFound on n3". */
void tally_summary(const struct tally_counts *counts, const json_t *reasons, const char *rollout,
		   char ret[static 256]);

/* Available, Progressing and Degraded. */
json_t *tally_conditions(const struct tally_counts *counts, const char *phase, const char *summary);
