/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as the same. */
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
#include "daemon/plan/diff.h"

static char a[] = "a", b[] = "b", f[] = "f", digest[] = "sha256:1", other[] = "sha256:2",
	    one[] = "1", two[] = "2", native[] = "native", skb[] = "skb", hook[] = "xdp:eth0",
	    path[] = "/m/a/x";

static struct program running[] = {
	{.name = a, .function = f, .kind = HOOK_XDP, .digest = digest, .load = "L"},
	{.name = b, .function = f, .kind = HOOK_XDP, .digest = digest, .load = "L"},
};

static void a_load_is_the_same_when_all_of_it_is(void **state)
{
	struct program wanted[] = {running[0], running[1]};
	struct plan_load load = {.programs = wanted, .n_programs = 2};
	struct program_list list = {running, 2};

	(void)state;
	assert_true(diff_same_load(&load, &list));
	load.n_programs = 1;
	assert_false(diff_same_load(&load, &list));
	load.n_programs = 2;
	list.n = 1;
	assert_false(diff_same_load(&load, &list));
}

static void another_digest_function_kind_or_global_is_another_load(void **state)
{
	struct config_global global = {.name = a, .value = one},
			     changed = {.name = a, .value = two};
	struct program with = running[0], wanted = running[0];
	struct plan_load load = {.programs = &wanted, .n_programs = 1};
	struct program_list list = {&with, 1};

	(void)state;
	assert_true(diff_same_load(&load, &list));
	wanted.digest = other;
	assert_false(diff_same_load(&load, &list));
	wanted = running[0];
	wanted.function = b;
	assert_false(diff_same_load(&load, &list));
	wanted = running[0];
	wanted.kind = HOOK_TC;
	assert_false(diff_same_load(&load, &list));
	wanted = running[0];
	wanted.globals = with.globals = &global;
	wanted.n_globals = with.n_globals = 1;
	assert_true(diff_same_load(&load, &list));
	wanted.globals = &changed;
	assert_false(diff_same_load(&load, &list));
	wanted.n_globals = 0;
	assert_false(diff_same_load(&load, &list));
}

static void programs_of_two_loads_are_not_one_load(void **state)
{
	struct program is[] = {running[0], running[1]};
	struct plan_load load = {.programs = running, .n_programs = 2};
	struct program_list list = {is, 2};

	(void)state;
	memcpy(is[1].load, "M", 2);
	assert_false(diff_same_load(&load, &list));
}

static void exports_are_the_same_with_path_owner_and_mode(void **state)
{
	struct plan_export wanted = {.to = {path, 1, 2, 0400}};
	struct map maps[] = {{.id = 1, .export = {path, 1, 2, 0400}}, {.id = 2}};
	struct map_list list = {maps, 2};

	(void)state;
	assert_true(diff_same_exports(&wanted, 1, &list));
	assert_false(diff_same_exports(&wanted, 0, &list));
	wanted.to.mode = 0440;
	assert_false(diff_same_exports(&wanted, 1, &list));
	wanted.to.mode = 0400;
	wanted.to.gid = 3;
	assert_false(diff_same_exports(&wanted, 1, &list));
	list.n = 0;
	assert_true(diff_same_exports(NULL, 0, &list));
}

static void links_are_found_by_program_and_hook(void **state)
{
	struct link links[] = {{.program_name = a, .hook = path},
			       {.program_name = a, .hook = hook}};
	struct link_list list = {links, 2};

	(void)state;
	assert_ptr_equal(diff_find_link(&list, "a", "xdp:eth0"), &links[1]);
	assert_null(diff_find_link(&list, "b", "xdp:eth0"));
}

static void links_are_the_same_with_priority_verdicts_and_mode_asked_for(void **state)
{
	struct link is = {.priority = 1, .proceed_on = 4, .mode = native}, wanted = is;

	(void)state;
	assert_true(diff_same_link(&wanted, &is));
	wanted.mode = NULL;
	assert_true(diff_same_link(&wanted, &is));
	wanted.mode = skb;
	assert_false(diff_same_link(&wanted, &is));
	wanted.mode = NULL;
	wanted.priority = 2;
	assert_false(diff_same_link(&wanted, &is));
	wanted.priority = 1;
	wanted.proceed_on = 5;
	assert_false(diff_same_link(&wanted, &is));
}

static void a_new_priority_needs_a_new_link_where_order_counts(void **state)
{
	struct link is = {.kind = HOOK_TCX, .priority = 1}, wanted = is;

	(void)state;
	assert_true(diff_can_replace(&wanted, &is));
	wanted.priority = 2;
	assert_false(diff_can_replace(&wanted, &is));
	wanted.kind = is.kind = HOOK_XDP;
	assert_true(diff_can_replace(&wanted, &is));
	wanted.kind = is.kind = HOOK_TRACEPOINT;
	assert_false(diff_can_replace(&wanted, &is));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_load_is_the_same_when_all_of_it_is),
		cmocka_unit_test(another_digest_function_kind_or_global_is_another_load),
		cmocka_unit_test(programs_of_two_loads_are_not_one_load),
		cmocka_unit_test(exports_are_the_same_with_path_owner_and_mode),
		cmocka_unit_test(links_are_found_by_program_and_hook),
		cmocka_unit_test(links_are_the_same_with_priority_verdicts_and_mode_asked_for),
		cmocka_unit_test(a_new_priority_needs_a_new_link_where_order_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
