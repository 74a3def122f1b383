/* SPDX-License-Identifier: Apache-2.0 */
/* Owns when a rollout counts as complete or failed. */
#include "kubectl/text/progress.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kube/json.h"

#define DURATION_MAX_MS (7ull * 86400 * 1000)

static bool is_phase(const json_t *config, const char *phase)
{
	return strcmp(kube_text(config, "status.rollout.phase"), phase) == 0;
}

/* "reason on n1, n2: message" of the most frequent reason. */
static void add_reason(const json_t *config, struct text *t)
{
	const json_t *reason = json_array_get(kube_get(config, "status.reasons"), 0);
	const json_t *nodes = json_object_get(reason, "nodes");
	json_t *node;
	size_t i;

	if (!reason)
		return;
	text_add(t, "; %s on", kube_text(reason, "reason"));
	json_array_foreach(nodes, i, node)
		text_add(t, "%s %s", i ? "," : "", json_string_value(node));
	text_add(t, ": %s", kube_text(reason, "message"));
}

static enum progress say(struct text *t, enum progress p, const char *before, const char *message)
{
	text_add(t, "%s%s%s", before, *message ? ": " : "", message);
	return p;
}

/* Every node runs the revision, or has failed to. */
static enum progress judge_nodes(const json_t *config, struct text *t)
{
	long long desired = kube_number(config, "status.desired");
	long long updated = kube_number(config, "status.updated");
	long long loaded = kube_number(config, "status.loaded");
	long long failed = kube_number(config, "status.failed");

	if (desired == 0)
		return say(t, PROGRESS_COMPLETE, "complete: no node is selected", "");
	if (updated == desired && loaded == desired) {
		text_add(t, "complete: %lld of %lld nodes are loaded", loaded, desired);
		return PROGRESS_COMPLETE;
	}
	text_add(t, "%lld of %lld nodes are updated, %lld loaded, %lld failed", updated, desired,
		 loaded, failed);
	if (failed)
		add_reason(config, t);
	return failed && updated == desired && loaded + failed >= desired ? PROGRESS_FAILED
									  : PROGRESS_WAITING;
}

enum progress progress_of(const json_t *config, struct text *t)
{
	const char *message = kube_text(config, "status.rollout.message");

	if (kube_number(config, "status.observedGeneration") !=
	    kube_number(config, "metadata.generation"))
		return say(t, PROGRESS_WAITING, "waiting for bpfd-operator to see the change", "");
	if (!kube_get(config, "status.rollout"))
		return say(t, PROGRESS_FAILED, "invalid", kube_text(config, "status.summary"));
	if (is_phase(config, "RolledBack") || is_phase(config, "Paused")) {
		say(t, PROGRESS_FAILED,
		    is_phase(config, "Paused") ? "the rollout is paused"
					       : "the rollout was taken back",
		    message);
		add_reason(config, t);
		return PROGRESS_FAILED;
	}
	if (is_phase(config, "Canary") || is_phase(config, "Rolling")) {
		say(t, PROGRESS_WAITING, is_phase(config, "Canary") ? "canary" : "rolling",
		    message);
		return PROGRESS_WAITING;
	}
	return judge_nodes(config, t);
}

static uint64_t unit_ms(char unit)
{
	return unit == 's' ? 1000 : unit == 'm' ? 60000 : unit == 'h' ? 3600000 : 0;
}

int progress_parse_duration(const char *s, unsigned int *ret_ms)
{
	uint64_t ms = 0;

	if (strcmp(s, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	if (!*s)
		return -EINVAL;
	while (*s) {
		uint64_t n = 0;
		const char *digits = s;

		for (; isdigit((unsigned char)*s) && n < DURATION_MAX_MS; s++)
			n = n * 10 + (uint64_t)(*s - '0');
		if (s == digits || unit_ms(*s) == 0)
			return -EINVAL;
		ms += n * unit_ms(*s++);
		if (ms > DURATION_MAX_MS)
			return -EINVAL;
	}
	*ret_ms = (unsigned int)ms;
	return 0;
}
