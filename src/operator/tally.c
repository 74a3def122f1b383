/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the counting and the words of a config's status. */
#include "operator/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/loop.h"

#define NODES_TOLD  5
#define REASONS_MAX 16

void report_done(struct report *report)
{
	free(report->node);
	free(report->object);
	free(report->reason);
	free(report->message);
	*report = (struct report){0};
}

static bool is_same_text(const char *have, const char *want)
{
	return strcmp(have ? have : "", want) == 0;
}

int report_take(struct report *report, const json_t *object)
{
	const char *phase = kube_text(object, "status.phase");
	const char *revision = kube_text(object, "status.revision");
	const char *message = kube_text(object, "status.message");
	const char *reason = kube_text(object, "status.error.reason");
	bool is_loaded = strcmp(phase, "Loaded") == 0, is_failed = strcmp(phase, "Failed") == 0;
	bool is_other = strcmp(report->revision, revision) != 0 || report->is_loaded != is_loaded ||
			report->is_failed != is_failed;

	if (is_failed && !*reason)
		reason = "Missing";
	if (!is_other && is_same_text(report->message, message) &&
	    is_same_text(report->reason, reason) &&
	    report->generation == kube_number(object, "status.observedGeneration"))
		return 0;
	if (is_other)
		report->since_ms = kube_now_ms();
	snprintf(report->revision, sizeof(report->revision), "%s", revision);
	report->generation = kube_number(object, "status.observedGeneration");
	report->is_loaded = is_loaded;
	report->is_failed = is_failed;
	/* What a node that is well says is kept nowhere: there may be many. */
	if (text_set(&report->reason, is_failed ? reason : NULL) < 0 ||
	    text_set(&report->message, is_failed ? message : NULL) < 0)
		return -ENOMEM;
	return 1;
}

void tally_reason(json_t *reasons, const struct report *report)
{
	const char *reason = report->reason ? report->reason : "Failed";
	json_t *entry = json_object_get(reasons, reason);
	json_t *nodes;

	if (!entry && json_object_size(reasons) == REASONS_MAX)
		return;
	if (!entry) {
		entry = json_pack("{s:i, s:[], s:s}", "count", 0, "nodes", "message",
				  report->message ? report->message : "");
		json_object_set_new(reasons, reason, entry);
	}
	json_object_set_new(entry, "count", json_integer(kube_number(entry, "count") + 1));
	nodes = json_object_get(entry, "nodes");
	if (json_array_size(nodes) < NODES_TOLD)
		json_array_append_new(nodes, json_string(report->node));
}

static json_t *most_frequent(const json_t *by_reason, const char **ret_reason)
{
	json_t *best = NULL, *entry;
	const char *reason;

	json_object_foreach((json_t *)(uintptr_t)by_reason, reason, entry)
	{
		if (best && kube_number(entry, "count") <= kube_number(best, "count"))
			continue;
		best = entry;
		*ret_reason = reason;
	}
	return best;
}

json_t *tally_reasons(const json_t *by_reason)
{
	_json_ json_t *left = json_copy((json_t *)(uintptr_t)by_reason);
	json_t *list = json_array();
	const char *reason;
	json_t *entry;

	while ((entry = most_frequent(left, &reason))) {
		json_t *row = json_pack("{s:s}", "reason", reason);

		json_object_update(row, entry);
		json_array_append_new(list, row);
		json_object_del(left, reason);
	}
	return list;
}

void tally_summary(const struct tally_counts *counts, const json_t *reasons, const char *rollout,
		   char ret[static 256])
{
	const json_t *first = json_array_get(reasons, 0);
	int n = snprintf(ret, 256, "%zu/%zu loaded", counts->loaded, counts->desired);

	if (counts->desired == 0)
		n = snprintf(ret, 256, "no node is selected");
	if (counts->failed)
		n += snprintf(ret + n, 256 - (size_t)n, "; %zu failed: %.60s on %.80s%s",
			      counts->failed, kube_text(first, "reason"),
			      json_string_value(json_array_get(json_object_get(first, "nodes"), 0)),
			      counts->failed > 1 ? ", …" : "");
	if (n < 200 && *rollout)
		snprintf(ret + n, 256 - (size_t)n, "; %.50s", rollout);
}

json_t *tally_conditions(const struct tally_counts *counts, const char *phase, const char *summary)
{
	bool is_complete = strcmp(phase, "Complete") == 0;
	bool is_all = counts->loaded == counts->desired && counts->updated == counts->desired;

	return json_pack(
		"[o, o, o]",
		kube_condition("Available", counts->loaded == counts->desired,
			       counts->loaded == counts->desired ? "AllLoaded" : "NotAllLoaded",
			       summary),
		kube_condition("Progressing", !is_all && counts->failed == 0,
			       is_all ? "Done" : phase, summary),
		kube_condition("Degraded",
			       counts->failed > 0 ||
				       !(is_complete || !*phase || strcmp(phase, "Canary") == 0 ||
					 strcmp(phase, "Rolling") == 0),
			       counts->failed ? "NodesFailed" : phase, summary));
}
