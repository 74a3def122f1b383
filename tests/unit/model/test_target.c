/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces by name and pattern, ids of containers, texts of hooks in them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/config.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

static void names_and_patterns_are_less_what_is_excluded(void **state)
{
	char lo[] = "lo", eth[] = "eth[0-3]", nine[] = "*2";
	char *names[] = {lo}, *patterns[] = {eth}, *exclude[] = {nine};
	struct target_interfaces t = {{names, 1}, {patterns, 1}, {exclude, 1}};

	(void)state;
	assert_true(target_interfaces_match(&t, "lo"));
	assert_true(target_interfaces_match(&t, "eth0"));
	assert_false(target_interfaces_match(&t, "eth2"));
	assert_false(target_interfaces_match(&t, "eth4"));
	assert_false(target_interfaces_match(&t, "l"));
}

static void ids_lose_the_name_of_their_runtime(void **state)
{
	char longest[HOOK_CONTAINER_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[HOOK_CONTAINER_MAX + 1] = '\0';
	assert_string_equal(target_container_id("containerd://0a.b_c-d"), "0a.b_c-d");
	assert_string_equal(target_container_id("cri-o://0a"), "0a");
	assert_string_equal(target_container_id("0a"), "0a");
	assert_null(target_container_id(""));
	assert_null(target_container_id("a/b://0a"));
	assert_null(target_container_id("docker://"));
	assert_null(target_container_id("docker://a/b"));
	assert_null(target_container_id(".."));
	assert_null(target_container_id(longest));
	assert_non_null(target_container_id(longest + 1));
}

/* The container of the hook's text, and the text again. */
static void means(const char *text, const char *container, const char *again)
{
	_cleanup_(hook_done) struct hook hook = {.target = NULL};
	_reason_ struct reason why = {.code = 0};
	_free_ char *formatted = NULL;

	assert_int_equal(hook_parse(text, &hook, &why), 0);
	if (container)
		assert_string_equal(hook_container(&hook), container);
	else
		assert_null(hook_container(&hook));
	formatted = hook_format(&hook);
	assert_string_equal(formatted, again);
}

static void the_text_of_a_hook_has_its_container(void **state)
{
	_cleanup_(hook_done) struct hook hook = {.target = NULL};
	_reason_ struct reason why = {.code = 0};

	(void)state;
	means("xdp:eth0@container:0a-b", "0a-b", "xdp:eth0@container:0a-b");
	means("tc:eth0/egress@container:0a", "0a", "tc:eth0/egress@container:0a");
	means("flow_dissector@container:0a", "0a", "flow_dissector@container:0a");
	means("uprobe:/lib/c.so:malloc@container:0a", "0a",
	      "uprobe:/lib/c.so:malloc+0@container:0a");
	means("uprobe:/lib/c.so:memcpy@GLIBC_2.14", NULL, "uprobe:/lib/c.so:memcpy@GLIBC_2.14+0");
	means("xdp:eth0@containers", NULL, "xdp:eth0@containers");
	assert_int_equal(hook_parse("xdp:eth0@container:a/b", &hook, &why), -EINVAL);
	assert_string_equal(
		why.text, "hook \"xdp:eth0@container:a/b\": \"a/b\" is not the id of a container");
}

static void a_copied_hook_is_the_same(void **state)
{
	char text[] = "tc:/egress", pass[] = "ok", eth[] = "eth*", id[] = "0a", *words[] = {pass},
	     *patterns[] = {eth};
	const struct config_hook from = {.hook = text,
					 .has_priority = true,
					 .priority = 3,
					 .proceed_on = words,
					 .n_proceed_on = 1,
					 .has_interfaces = true,
					 .interfaces = {.patterns = {patterns, 1}},
					 .container = id};
	_cleanup_(config_hook_done) struct config_hook copy = {.hook = NULL};

	(void)state;
	assert_int_equal(config_hook_copy(&from, &copy), 0);
	assert_string_equal(copy.hook, "tc:/egress");
	assert_ptr_not_equal(copy.hook, text);
	assert_int_equal(copy.priority, 3);
	assert_string_equal(copy.proceed_on[0], "ok");
	assert_string_equal(copy.interfaces.patterns.items[0], "eth*");
	assert_string_equal(copy.container, "0a");
	assert_int_equal(config_hook_check(&copy, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_patterns_are_less_what_is_excluded),
		cmocka_unit_test(ids_lose_the_name_of_their_runtime),
		cmocka_unit_test(the_text_of_a_hook_has_its_container),
		cmocka_unit_test(a_copied_hook_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
