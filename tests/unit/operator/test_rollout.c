/* SPDX-License-Identifier: Apache-2.0 */
/* Rollouts: who comes first, what stops them, where they go back to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kube/revision.h"
#include "model/config.h"
#include "operator/rollout.h"

#include <cmocka.h>

#define N 10

/* Ten nodes, one in each tenth of the places; all run revision "old". */
struct world {
	struct config_rollout spec;
	struct rollout_node nodes[N];
	char names[N][8];
	struct rollout_state state;
	struct rollout_view view;
};

static void begin(struct world *w)
{
	*w = (struct world){0};
	for (size_t i = 0; i < N; i++) {
		snprintf(w->names[i], sizeof(w->names[i]), "n%zu", i);
		w->nodes[i] = (struct rollout_node){.name = w->names[i],
						    .place = (uint32_t)(i * 100000 + 5),
						    .is_loaded = true,
						    .for_ms = 1000000};
	}
	w->state = (struct rollout_state){.phase = ROLLOUT_COMPLETE,
					  .revision = "old",
					  .stable = "old",
					  .threshold = REVISION_PLACES};
	w->spec.has_wait_seconds = true;
	w->spec.wait_seconds = 10;
	w->view = (struct rollout_view){
		.spec = &w->spec, .revision = "new", .nodes = w->nodes, .n_nodes = N};
}

static size_t in(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < N; i++)
		n += w->nodes[i].is_canary || w->nodes[i].place < w->state.threshold;
	return n;
}

/* The nodes whose turn it is have done it, @for_ms ago. */
static void obey(struct world *w, uint64_t for_ms)
{
	for (size_t i = 0; i < N; i++) {
		struct rollout_node *n = &w->nodes[i];

		if (n->is_updated || !(n->is_canary || n->place < w->state.threshold))
			continue;
		n->is_updated = n->is_loaded = true;
		n->for_ms = for_ms;
	}
}

static uint64_t step(struct world *w)
{
	return rollout_step(&w->state, &w->view);
}

static void without_a_rollout_all_follow_at_once(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.view.spec = NULL;
	assert_int_equal(step(&w), 0);
	assert_int_equal(w.state.phase, ROLLOUT_COMPLETE);
	assert_string_equal(w.state.revision, "new");
	assert_int_equal(in(&w), N);
}

static void a_percentage_is_rounded_up(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.strategy = ROLLOUT_CANARY;
	w.spec.canary_percent = 11;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_CANARY_STAGE);
	assert_int_equal(in(&w), 2);
	assert_string_equal(w.state.stable, "old");
}

static void canaries_must_hold_before_the_others_follow(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.strategy = ROLLOUT_CANARY;
	w.spec.canary_percent = 10;
	step(&w);
	obey(&w, 4000);
	assert_int_equal(step(&w), 6000);
	assert_int_equal(w.state.phase, ROLLOUT_CANARY_STAGE);
	w.nodes[0].for_ms = 10000;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLING);
	assert_int_equal(in(&w), 2);
}

static void batches_keep_to_max_unavailable(void **state)
{
	struct world w;
	int steps = 0;

	(void)state;
	begin(&w);
	w.spec.max_unavailable = 3;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLING);
	assert_int_equal(in(&w), 3);
	/* One of three is done: one more may begin. */
	w.nodes[0].is_updated = true;
	step(&w);
	assert_int_equal(in(&w), 4);
	while (w.state.phase == ROLLOUT_ROLLING && steps++ < 20) {
		obey(&w, 10000);
		step(&w);
	}
	assert_int_equal(w.state.phase, ROLLOUT_COMPLETE);
	assert_string_equal(w.state.stable, "new");
	assert_in_range(steps, 2, 4);
}

static void a_percentage_of_unavailable_nodes_is_at_least_one(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.max_unavailable = 1;
	w.spec.is_percent = true;
	step(&w);
	assert_int_equal(in(&w), 1);
}

static void a_failure_pauses_until_somebody_says_go_on(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.max_unavailable = 2;
	step(&w);
	obey(&w, 10000);
	w.nodes[1].is_loaded = false;
	w.nodes[1].is_failed = true;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_PAUSED);
	assert_non_null(strstr(w.state.message, "n1"));
	w.nodes[1].is_failed = false;
	w.nodes[1].is_loaded = true;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_PAUSED);
	w.view.is_resumed = true;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLING);
}

static void a_failed_canary_is_rolled_back(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.strategy = ROLLOUT_CANARY;
	w.spec.on_failure = ROLLOUT_ROLLBACK;
	w.spec.has_canary_nodes = true;
	w.nodes[7].is_canary = true;
	step(&w);
	assert_int_equal(in(&w), 1);
	w.nodes[7].is_updated = w.nodes[7].is_failed = true;
	w.nodes[7].is_loaded = false;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLED_BACK);
	assert_string_equal(w.state.stable, "old");
	/* It stays so, whatever the node says, until the spec changes. */
	w.nodes[7].is_failed = false;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLED_BACK);
	w.view.revision = "newer";
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_CANARY_STAGE);
	assert_string_equal(w.state.stable, "old");
}

static void going_back_to_what_runs_is_complete_at_once(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.strategy = ROLLOUT_CANARY;
	w.spec.canary_percent = 10;
	step(&w);
	w.view.revision = "old";
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_COMPLETE);
	assert_string_equal(w.state.revision, "old");
}

static void a_pause_of_the_spec_holds_and_ends(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.max_unavailable = 2;
	w.spec.is_paused = true;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_PAUSED);
	assert_int_equal(in(&w), 0);
	w.spec.is_paused = false;
	step(&w);
	assert_int_equal(w.state.phase, ROLLOUT_ROLLING);
	assert_int_equal(in(&w), 2);
}

static void a_canary_that_selects_nobody_says_so(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	w.spec.strategy = ROLLOUT_CANARY;
	w.spec.has_canary_nodes = true;
	assert_int_equal(step(&w), 0);
	assert_int_equal(w.state.phase, ROLLOUT_CANARY_STAGE);
	assert_non_null(strstr(w.state.message, "selects no node"));
}

static void the_state_survives_json(void **state)
{
	struct rollout_state a = {.phase = ROLLOUT_PAUSED,
				  .stage = ROLLOUT_CANARY_STAGE,
				  .revision = "new",
				  .stable = "old",
				  .threshold = 123456,
				  .is_failure = true,
				  .message = "paused: failed on n1"},
			     b;
	_json_ json_t *status = rollout_write(&a);

	(void)state;
	rollout_read(status, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	rollout_read(NULL, &b);
	assert_int_equal(b.phase, ROLLOUT_COMPLETE);
	assert_string_equal(b.revision, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_rollout_all_follow_at_once),
		cmocka_unit_test(a_percentage_is_rounded_up),
		cmocka_unit_test(canaries_must_hold_before_the_others_follow),
		cmocka_unit_test(batches_keep_to_max_unavailable),
		cmocka_unit_test(a_percentage_of_unavailable_nodes_is_at_least_one),
		cmocka_unit_test(a_failure_pauses_until_somebody_says_go_on),
		cmocka_unit_test(a_failed_canary_is_rolled_back),
		cmocka_unit_test(going_back_to_what_runs_is_complete_at_once),
		cmocka_unit_test(a_pause_of_the_spec_holds_and_ends),
		cmocka_unit_test(a_canary_that_selects_nobody_says_so),
		cmocka_unit_test(the_state_survives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
