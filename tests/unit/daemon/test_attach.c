/* SPDX-License-Identifier: Apache-2.0 */
/* How a wish becomes a hook and the columns of a link. */
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
#include "daemon/plan/attach.h"
#include "daemon/store/store.h"

static char name[] = "p", target[] = "net/net_dev_queue";

static int parse(const struct attach_wish *wish, enum hook_kind kind, struct link *row,
		 struct reason *why)
{
	_cleanup_(hook_done) struct hook hook = {0};
	struct program program = {.name = name, .kind = kind, .target = target};

	return attach_wish_parse(wish, &program, &hook, row, why);
}

static void refused(struct attach_wish wish, enum hook_kind kind, const char *text)
{
	_cleanup_(link_done) struct link row = {0};
	_reason_ struct reason why = {0};

	assert_int_equal(parse(&wish, kind, &row, &why), -EINVAL);
	assert_non_null(strstr(why.text, text));
}

static void defaults_are_50_and_what_the_kind_has(void **state)
{
	_cleanup_(link_done) struct link row = {0};
	struct attach_wish wish = {.hook = "xdp:eth0"};

	(void)state;
	assert_int_equal(parse(&wish, HOOK_XDP, &row, NULL), 0);
	assert_int_equal(row.priority, 50);
	assert_true(row.proceed_on != 0);
	assert_string_equal(row.hook, "xdp:eth0");
	assert_string_equal(row.mode, "");
}

static void the_section_names_a_hook_that_is_whole(void **state)
{
	_cleanup_(link_done) struct link row = {0};
	struct attach_wish wish = {0};

	(void)state;
	assert_int_equal(parse(&wish, HOOK_TRACEPOINT, &row, NULL), 0);
	assert_string_equal(row.hook, "tracepoint:net/net_dev_queue");
	refused(wish, HOOK_XDP, "say where");
}

static void priorities_end_at_1000(void **state)
{
	_cleanup_(link_done) struct link row = {0};
	struct attach_wish wish = {.hook = "xdp:eth0", .has_priority = true, .priority = 1000};

	(void)state;
	assert_int_equal(parse(&wish, HOOK_XDP, &row, NULL), 0);
	assert_int_equal(row.priority, 1000);
	wish.priority = 1001;
	refused(wish, HOOK_XDP, "priority 1001");
}

static void what_does_not_fit_is_refused(void **state)
{
	const char *const pass[] = {"pass"}, *const nosuch[] = {"nosuch"};

	(void)state;
	refused((struct attach_wish){.hook = "tracepoint:a/b"}, HOOK_XDP, "does not fit");
	refused((struct attach_wish){.hook = "nosuch:x"}, HOOK_XDP, "nosuch");
	refused((struct attach_wish){.hook = "tracepoint:a/b",
				     .proceed_on = pass,
				     .n_proceed_on = 1},
		HOOK_TRACEPOINT, "no verdicts");
	refused((struct attach_wish){.hook = "xdp:eth0", .proceed_on = nosuch, .n_proceed_on = 1},
		HOOK_XDP, "nosuch");
	refused((struct attach_wish){.hook = "tracepoint:a/b", .mode = "skb"}, HOOK_TRACEPOINT,
		"no mode");
	refused((struct attach_wish){.hook = "xdp:eth0", .mode = "fast"}, HOOK_XDP, "fast");
	refused((struct attach_wish){.hook = "tracepoint:a/b", .netns = "n"}, HOOK_TRACEPOINT,
		"namespace");
}

static void one_network_namespace_may_be_given_twice(void **state)
{
	_cleanup_(link_done) struct link row = {0};
	struct attach_wish wish = {.hook = "xdp:eth0@blue", .netns = "blue"};

	(void)state;
	assert_int_equal(parse(&wish, HOOK_XDP, &row, NULL), 0);
	assert_string_equal(row.hook, "xdp:eth0@blue");
	wish.netns = "red";
	refused(wish, HOOK_XDP, "two network namespaces");
	refused((struct attach_wish){.hook = "xdp:eth0", .netns = "../x"}, HOOK_XDP, "../x");
}

static void a_program_is_on_a_hook_once(void **state)
{
	char hook[] = "xdp:eth0";
	struct link other = {
		.id = 3, .program = "b", .hook = hook, .program_name = name, .kind = HOOK_XDP};
	struct link_list list = {&other, 1};
	struct plan_link link = {.row = {.program = "a", .kind = HOOK_XDP}};
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(plan_check_place(&link, &list, NULL), 0);
	memcpy(link.row.program, "b", 2);
	assert_int_equal(plan_check_place(&link, &list, &why), -EEXIST);
	assert_non_null(strstr(why.text, "link 3"));
}

static void a_place_is_between_lower_and_higher(void **state)
{
	struct link on[] = {{.priority = 10, .program_id = 1},
			    {.priority = 50, .program_id = 2},
			    {.priority = 70, .program_id = 3}};
	struct link_list list = {on, 3};
	struct plan_link link = {.row = {.priority = 50}};

	(void)state;
	plan_place_among(&list, &link);
	assert_int_equal(link.options.after_program_id, 2);
	assert_int_equal(link.options.before_program_id, 3);
	link = (struct plan_link){.row = {.priority = 0}};
	plan_place_among(&list, &link);
	assert_int_equal(link.options.after_program_id, 0);
	assert_int_equal(link.options.before_program_id, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_50_and_what_the_kind_has),
		cmocka_unit_test(the_section_names_a_hook_that_is_whole),
		cmocka_unit_test(priorities_end_at_1000),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(one_network_namespace_may_be_given_twice),
		cmocka_unit_test(a_program_is_on_a_hook_once),
		cmocka_unit_test(a_place_is_between_lower_and_higher),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
