/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a plan, in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/plan/build.h"

static void steps_are(const struct plan *plan, const enum step_kind *kinds, size_t n)
{
	assert_int_equal(plan->n_steps, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(plan->steps[i].kind, kinds[i]);
}

static void an_empty_plan_has_no_step(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};

	(void)state;
	assert_int_equal(plan_finish(&plan), 0);
	assert_int_equal(plan.n_steps, 0);
}

static void everything_comes_in_its_order(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	static const enum step_kind order[] = {
		STEP_RESERVE,	    STEP_LOAD,	  STEP_PIN,    STEP_LOAD,  STEP_PIN,
		STEP_EXPORT,	    STEP_REPLACE, STEP_ATTACH, STEP_CHAIN, STEP_ASIDE_LINK,
		STEP_ASIDE_PROGRAM, STEP_COMMIT,  STEP_PURGE};

	(void)state;
	/* Added the other way round. */
	assert_non_null(plan_add_config(&plan));
	assert_non_null(plan_add_drop_program(&plan));
	assert_non_null(plan_add_drop_link(&plan));
	assert_non_null(plan_add_drop_link(&plan));
	assert_non_null(plan_add_chain(&plan));
	plan_add_link(&plan)->is_replace = true;
	assert_non_null(plan_add_link(&plan));
	assert_non_null(plan_add_link(&plan));
	/* A member of a chain has no step of its own. */
	plan.links[0].row.kind = plan.links[1].row.kind = HOOK_TCX;
	plan.links[2].row.kind = HOOK_XDP;
	plan.drop_links[0].row.kind = HOOK_TCX;
	plan.drop_links[1].row.kind = HOOK_TC;
	assert_non_null(plan_add_export(&plan));
	assert_non_null(plan_add_load(&plan));
	assert_non_null(plan_add_load(&plan));
	assert_int_equal(plan_finish(&plan), 0);
	steps_are(&plan, order, array_size(order));
	assert_int_equal(plan.steps[3].index, 1);
	assert_int_equal(plan.steps[7].index, 1);
	assert_ptr_equal(plan.links[1].place.hook, &plan.links[1].hook);
	assert_ptr_equal(plan.drop_links[0].place.hook, &plan.drop_links[0].hook);
	assert_ptr_equal(plan.chains[0].place.hook, &plan.chains[0].hook);
}

static void a_config_alone_is_reserve_commit_purge(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	static const enum step_kind order[] = {STEP_RESERVE, STEP_COMMIT, STEP_PURGE};

	(void)state;
	assert_non_null(plan_add_config(&plan));
	assert_int_equal(plan_finish(&plan), 0);
	steps_are(&plan, order, array_size(order));
}

static void elements_keep_what_they_hold_while_others_come(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		plan_add_link(&plan)->row.priority = i;
	assert_int_equal(plan.n_links, 100);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(plan.links[i].row.priority, i);
		assert_int_equal(plan.links[i].place.netns_fd, -1);
		assert_int_equal(plan.links[i].attachment.link_fd, -1);
	}
	assert_string_not_equal(plan.links[0].row.uuid, plan.links[1].row.uuid);
}

static void notes_are_copied(void **state)
{
	_cleanup_(plan_done) struct plan plan = {0};
	char config[] = "c";
	struct plan_words words = {.config = config, .verb = "load", .object = "program p"};

	(void)state;
	assert_int_equal(plan_add_note(&plan, &words), 0);
	config[0] = 'x';
	assert_string_equal(plan.notes[0].config, "c");
	assert_string_equal(plan.notes[0].text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_plan_has_no_step),
		cmocka_unit_test(everything_comes_in_its_order),
		cmocka_unit_test(a_config_alone_is_reserve_commit_purge),
		cmocka_unit_test(elements_keep_what_they_hold_while_others_come),
		cmocka_unit_test(notes_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
