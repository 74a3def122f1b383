/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the state machine: Canary -> Rolling -> Complete, Paused from either, RolledBack at the end
 * of a bad one. */
#include "operator/rollout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/revision.h"
#include "model/config.h"

static const char *const phases[] = {"Complete", "Canary", "Rolling", "Paused", "RolledBack"};
_Static_assert(array_size(phases) == _ROLLOUT_PHASE_MAX, "one name a phase");

const char *rollout_phase_name(enum rollout_phase phase)
{
	return phases[phase];
}

enum rollout_phase rollout_phase_parse(const char *name)
{
	enum rollout_phase phase = 0;

	while (phase < _ROLLOUT_PHASE_MAX && strcmp(phases[phase], name) != 0)
		phase++;
	return phase;
}

/* --- whose turn it is --- */

static bool is_in(const struct rollout_state *state, const struct rollout_node *node)
{
	return node->is_canary || node->place < state->threshold;
}

static int by_place(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* The threshold that lets @more nodes in besides those that are in. */
static uint32_t raise(const struct rollout_state *state, const struct rollout_view *view,
		      size_t more)
{
	uint32_t *places = calloc(view->n_nodes + 1, sizeof(*places));
	uint32_t threshold = state->threshold;
	size_t n = 0;

	if (!places)
		return threshold;
	for (size_t i = 0; i < view->n_nodes; i++)
		if (!is_in(state, &view->nodes[i]))
			places[n++] = view->nodes[i].place;
	qsort(places, n, sizeof(*places), by_place);
	if (more >= n)
		threshold = REVISION_PLACES;
	else if (more > 0)
		threshold = places[more - 1] + 1;
	free(places);
	return threshold;
}

static size_t share(size_t percent, size_t n)
{
	return (n * percent + 99) / 100;
}

static size_t max_unavailable(const struct rollout_view *view)
{
	const struct config_rollout *spec = view->spec;
	size_t max = spec->is_percent ? share(spec->max_unavailable, view->n_nodes)
				      : spec->max_unavailable;

	if (!spec->max_unavailable)
		return spec->strategy == ROLLOUT_CANARY ? 1 : view->n_nodes;
	return max ? max : 1;
}

/* --- how those fare whose turn it is --- */

struct tally {
	size_t in;
	size_t good;	/* updated and loaded */
	size_t settled; /* and for long enough */
	uint64_t wait_ms;
	const char *failed;
};

static void count_good(const struct rollout_node *node, uint64_t hold_ms, struct tally *t)
{
	t->good++;
	if (node->for_ms >= hold_ms)
		t->settled++;
	else if (!t->wait_ms || hold_ms - node->for_ms > t->wait_ms)
		t->wait_ms = hold_ms - node->for_ms;
}

static struct tally count(const struct rollout_state *state, const struct rollout_view *view)
{
	uint64_t hold_ms = config_rollout_wait_seconds(view->spec) * 1000ull;
	struct tally t = {0};

	for (size_t i = 0; i < view->n_nodes; i++) {
		const struct rollout_node *node = &view->nodes[i];

		if (!is_in(state, node))
			continue;
		t.in++;
		if (node->is_updated && node->is_failed && !t.failed)
			t.failed = node->name;
		if (node->is_updated && node->is_loaded)
			count_good(node, hold_ms, &t);
	}
	return t;
}

/* --- steps --- */

static void complete(struct rollout_state *state)
{
	state->phase = ROLLOUT_COMPLETE;
	state->threshold = REVISION_PLACES;
	memcpy(state->stable, state->revision, sizeof(state->stable));
	state->message[0] = '\0';
}

static void begin(struct rollout_state *state, const struct rollout_view *view)
{
	const struct config_rollout *spec = view->spec;

	if (state->phase == ROLLOUT_COMPLETE && *state->revision)
		memcpy(state->stable, state->revision, sizeof(state->stable));
	snprintf(state->revision, sizeof(state->revision), "%s", view->revision);
	state->is_failure = false;
	state->message[0] = '\0';
	state->threshold = 0;
	if (!spec || strcmp(state->stable, state->revision) == 0) {
		complete(state);
		return;
	}
	state->stage = spec->strategy == ROLLOUT_CANARY ? ROLLOUT_CANARY_STAGE : ROLLOUT_ROLLING;
	state->phase = state->stage;
	if (spec->canary_percent)
		state->threshold = raise(state, view, share(spec->canary_percent, view->n_nodes));
}

static void fail_rollout(struct rollout_state *state, const struct rollout_view *view,
			 const char *node)
{
	bool rolls_back = view->spec->on_failure == ROLLOUT_ROLLBACK;

	state->phase = rolls_back ? ROLLOUT_ROLLED_BACK : ROLLOUT_PAUSED;
	state->is_failure = true;
	snprintf(state->message, sizeof(state->message), "%s failed on %.200s",
		 rolls_back ? "rolled back:" : "paused:", node);
}

/* Return: milliseconds to wait, 0 when it went on or only events can help. */
static uint64_t step_canary(struct rollout_state *state, const struct tally *t)
{
	if (t->in == 0) {
		snprintf(state->message, sizeof(state->message), "the canary selects no node");
		return 0;
	}
	if (t->settled < t->in) {
		snprintf(state->message, sizeof(state->message), "%zu of %zu canaries are loaded",
			 t->good, t->in);
		return t->good == t->in ? t->wait_ms : 0;
	}
	state->phase = state->stage = ROLLOUT_ROLLING;
	return 1;
}

static uint64_t step_rolling(struct rollout_state *state, const struct rollout_view *view,
			     const struct tally *t)
{
	size_t unavailable = t->in - t->settled, max = max_unavailable(view);

	if (t->in == view->n_nodes && t->good == t->in) {
		complete(state);
		return 0;
	}
	snprintf(state->message, sizeof(state->message), "%zu of %zu nodes are updated", t->good,
		 view->n_nodes);
	if (unavailable < max && t->in < view->n_nodes) {
		state->threshold = raise(state, view, max - unavailable);
		return 0;
	}
	return t->good == t->in ? t->wait_ms : 0;
}

static uint64_t step(struct rollout_state *state, const struct rollout_view *view)
{
	struct tally t = count(state, view);

	if (t.failed && !view->is_resumed) {
		fail_rollout(state, view, t.failed);
		return 0;
	}
	return state->phase == ROLLOUT_CANARY_STAGE ? step_canary(state, &t)
						    : step_rolling(state, view, &t);
}

static bool may_go_on(struct rollout_state *state, const struct rollout_view *view)
{
	if (state->phase == ROLLOUT_COMPLETE || state->phase == ROLLOUT_ROLLED_BACK)
		return false;
	if (view->spec->is_paused) {
		state->phase = ROLLOUT_PAUSED;
		if (!state->is_failure)
			snprintf(state->message, sizeof(state->message), "paused by its spec");
		return false;
	}
	if (state->phase != ROLLOUT_PAUSED)
		return true;
	if (state->is_failure && !view->is_resumed)
		return false;
	state->phase = state->stage;
	state->is_failure = false;
	return true;
}

uint64_t rollout_step(struct rollout_state *state, const struct rollout_view *view)
{
	uint64_t wait_ms;

	if (strcmp(state->revision, view->revision) != 0)
		begin(state, view);
	if (!view->spec) {
		complete(state);
		return 0;
	}
	if (!may_go_on(state, view))
		return 0;
	wait_ms = step(state, view);
	/* From the canaries to the first batch at once. */
	return wait_ms == 1 ? step(state, view) : wait_ms;
}

/* --- to and from JSON --- */

void rollout_read(const json_t *status, struct rollout_state *ret)
{
	*ret = (struct rollout_state){0};
	ret->phase = rollout_phase_parse(kube_text(status, "phase"));
	if (ret->phase == _ROLLOUT_PHASE_MAX)
		ret->phase = ROLLOUT_COMPLETE;
	ret->stage = rollout_phase_parse(kube_text(status, "stage"));
	if (ret->stage == _ROLLOUT_PHASE_MAX)
		ret->stage = ROLLOUT_ROLLING;
	snprintf(ret->revision, sizeof(ret->revision), "%s", kube_text(status, "revision"));
	snprintf(ret->stable, sizeof(ret->stable), "%s", kube_text(status, "stableRevision"));
	ret->threshold = (uint32_t)kube_number(status, "threshold");
	ret->is_failure = kube_flag(status, "failure");
	snprintf(ret->message, sizeof(ret->message), "%s", kube_text(status, "message"));
}

json_t *rollout_write(const struct rollout_state *state)
{
	json_t *status =
		json_pack("{s:s, s:s, s:I}", "phase", rollout_phase_name(state->phase), "revision",
			  state->revision, "threshold", (json_int_t)state->threshold);

	kube_set_text(status, "stableRevision", state->stable);
	kube_set_text(status, "message", state->message);
	if (state->phase != ROLLOUT_COMPLETE)
		kube_set_text(status, "stage", rollout_phase_name(state->stage));
	if (state->is_failure)
		json_object_set_new(status, "failure", json_true());
	return status;
}
