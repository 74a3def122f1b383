/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a config that need no kernel, and the names that come from it. */
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

#define S(text) ((char *)(uintptr_t)(text))

static void accepts(const struct config *config)
{
	_reason_ struct reason why = {.code = 0};
	int r = config_check(config, &why);

	assert_string_equal(why.text, "");
	assert_int_equal(r, 0);
}

static void refuses(const struct config *config, int code, const char *want)
{
	_reason_ struct reason why = {.code = 0};
	int r = config_check(config, &why);

	assert_string_equal(why.text, want);
	assert_int_equal(r, code);
}

static void hook_case(const struct config_hook *hook, const char *want)
{
	_reason_ struct reason why = {.code = 0};
	int r = config_hook_check(hook, &why);

	assert_string_equal(why.text, want);
	assert_int_equal(r, *want ? -EINVAL : 0);
}

static void a_small_config_is_accepted(void **state)
{
	struct config_program program = {.bytecode = S("/x.o")};
	struct config config = {.name = S("c"), .programs = &program, .n_programs = 1};

	(void)state;
	accepts(&config);
}

static void names_and_counts_are_checked(void **state)
{
	struct config_program programs[2] = {{.bytecode = S("/x.o"), .entry = S("a")},
					     {.bytecode = S("/x.o"), .entry = S("b")}};
	struct config config = {.name = S("c"), .programs = programs, .n_programs = 2};

	(void)state;
	accepts(&config);
	programs[1].entry = S("a");
	refuses(&config, -EINVAL, "config \"c\": two programs have the name \"c-a\"");
	programs[1].entry = NULL;
	refuses(&config, -EINVAL, "config \"c\": program 2 has neither name nor entry");
	programs[1].entry = S("xdp/section");
	refuses(&config, -EINVAL,
		"config \"c\": program 2 would get the name \"c-xdp/section\": give it a name of 1 "
		"to 128 letters, digits, '.', '_', '-'");
	programs[1].name = S("ok");
	accepts(&config);
	programs[1].bytecode = NULL;
	refuses(&config, -EINVAL, "config \"c\": program 2 has no bytecode");
	config.n_programs = 0;
	refuses(&config, -EINVAL, "config \"c\" has 0 programs; 1 to 64 are possible");
	config.n_programs = 65;
	refuses(&config, -E2BIG, "config \"c\" has 65 programs; 1 to 64 are possible");
	config.name = S("../x");
	refuses(&config, -EINVAL,
		"name of a config: 1 to 253 letters, digits, '.', '_', '-', first a letter or "
		"digit");
	config.name = NULL;
	assert_int_equal(config_check(&config, NULL), -EINVAL);
}

static void hooks_are_checked(void **state)
{
	(void)state;
	hook_case(&(struct config_hook){.hook = S("xdp:eth0")}, "");
	hook_case(&(struct config_hook){.hook = S("xdp:"), .is_primary = true}, "");
	hook_case(&(struct config_hook){.hook = S("tc:/ingress"), .is_primary = true}, "");
	hook_case(&(struct config_hook){.hook = S("xdp:eth0"), .netns = S("/run/netns/x")}, "");
	hook_case(&(struct config_hook){.hook = S("xdp:eth0"), .is_primary = true},
		  "hook \"xdp:eth0\" on the primary interface: leave the interface out, as "
		  "\"xdp:\" or \"tc:/ingress\"");
	hook_case(&(struct config_hook){.hook = S("raw_tp:"), .is_primary = true},
		  "hook \"raw_tp:\" is not on an interface");
	hook_case(&(struct config_hook){.hook = S("xdp:eth0@a"), .netns = S("b")},
		  "hook \"xdp:eth0@a\": its network namespace is given twice");
	hook_case(&(struct config_hook){.hook = S("raw_tp:x"), .mode = S("skb")},
		  "hook \"raw_tp:x\": only xdp has modes; tc and flow_dissector \"call\"");
	hook_case(
		&(struct config_hook){.hook = S("xdp:eth0"), .mode = S("fast")},
		"hook \"xdp:eth0\": mode is one of native, skb, offload, libxdp, and \",call\" may follow");
	hook_case(&(struct config_hook){.hook = S("xdp:e"), .has_priority = true, .priority = 1001},
		  "priority 1001: it goes from 0 to 1000");
	hook_case(&(struct config_hook){.hook = S("xdp:e"), .has_priority = true, .priority = 1000},
		  "");
	hook_case(&(struct config_hook){.hook = S("a\nb")},
		  "a hook has no text, or one with control characters");
	hook_case(&(struct config_hook){.hook = NULL},
		  "a hook has no text, or one with control characters");
}

static void proceed_on_holds_verdicts_of_the_kind(void **state)
{
	char *names[] = {S("pass"), S("DISPATCHER_RETURN"), S("pipe")};
	struct config_hook hook = {.hook = S("xdp:eth0"), .proceed_on = names, .n_proceed_on = 2};
	_reason_ struct reason why = {.code = 0};

	(void)state;
	hook_case(&hook, "");
	hook.n_proceed_on = 3;
	assert_int_equal(config_hook_check(&hook, &why), -EINVAL);
	assert_non_null(strstr(why.text, "pipe"));
	hook.hook = S("tracepoint:a/b");
	hook.n_proceed_on = 1;
	hook_case(&hook, "hook \"tracepoint:a/b\": programs there always proceed");
}

static void programs_are_checked(void **state)
{
	struct config_global globals[2] = {{S("a"), S("1")}, {S("a"), S("2")}};
	struct config_share share = {S("m"), NULL};
	struct config_hook hook = {.hook = S("xdp:eth0")};
	struct config_program program = {.bytecode = S("/x.o"), .globals = globals, .n_globals = 1};
	struct config config = {.name = S("c"), .programs = &program, .n_programs = 1};

	(void)state;
	accepts(&config);
	program.n_globals = 2;
	refuses(&config, -EINVAL, "config \"c\": global \"a\" is given twice");
	globals[1].name = S("a b");
	refuses(&config, -EINVAL, "config \"c\": global \"a b\": that is not a name in a program");
	program.n_globals = 0;
	program.shares = &share;
	program.n_shares = 1;
	refuses(&config, -EINVAL, "config \"c\": shared map \"m\" does not say from which program");
	program.n_shares = 0;
	program.type = S("xpd");
	refuses(&config, -EINVAL,
		"config \"c\": no type of program \"xpd\": write the kind of hook, as xdp, tc or "
		"tracepoint");
	program.type = S("TRACEPOINT");
	program.hooks = &hook;
	program.n_hooks = 1;
	refuses(&config, -EINVAL,
		"config \"c\": a program of type tracepoint cannot be on hook \"xdp:eth0\"");
	program.type = S("XDP");
	accepts(&config);
	program.bytecode = S("relative.o");
	assert_int_equal(config_check(&config, NULL), -EINVAL);
}

static void exports_are_checked(void **state)
{
	struct config_program program = {.bytecode = S("/x.o")};
	struct config_export exports[2] = {
		{.map = S("m"), .owner = S("nobody"), .has_mode = true, .mode = 0640},
		{.map = S("m")}};
	struct config config = {.name = S("c"),
				.programs = &program,
				.n_programs = 1,
				.exports = exports,
				.n_exports = 1};

	(void)state;
	accepts(&config);
	config.n_exports = 2;
	refuses(&config, -EINVAL, "map \"m\" is exported twice");
	exports[1].map = S("../m");
	refuses(&config, -EINVAL, "map \"../m\": that is not a name in a program");
	exports[0].mode = 0755;
	refuses(&config, -EINVAL, "map \"m\": mode 0755; at most 0666 is possible");
	exports[0].mode = 0;
	exports[0].owner = S("a:b");
	refuses(&config, -EINVAL, "map \"m\": owner and group are names or numbers");
}

static void hook_text_gets_interface_and_namespace(void **state)
{
	static const struct {
		struct config_hook hook;
		const char *want;
	} rows[] = {
		{{.hook = (char *)"xdp:eth1"}, "xdp:eth1"},
		{{.hook = (char *)"xdp:", .is_primary = true}, "xdp:eth0"},
		{{.hook = (char *)"tc:/ingress", .is_primary = true, .netns = (char *)"blue"},
		 "tc:eth0/ingress@blue"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_free_ char *text = config_hook_text(&rows[i].hook, "eth0");

		assert_string_equal(text, rows[i].want);
	}
}

static void programs_get_their_names(void **state)
{
	struct config_program programs[2] = {{.entry = S("a")}, {.name = S("own")}};
	struct config config = {.name = S("c"), .programs = programs, .n_programs = 2};
	_free_ char *first = config_program_name(&config, 0);
	_free_ char *second = config_program_name(&config, 1);
	_free_ char *only = NULL;

	(void)state;
	config.n_programs = 1;
	only = config_program_name(&config, 0);
	assert_string_equal(first, "c-a");
	assert_string_equal(second, "own");
	assert_string_equal(only, "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_config_is_accepted),
		cmocka_unit_test(names_and_counts_are_checked),
		cmocka_unit_test(hooks_are_checked),
		cmocka_unit_test(proceed_on_holds_verdicts_of_the_kind),
		cmocka_unit_test(programs_are_checked),
		cmocka_unit_test(exports_are_checked),
		cmocka_unit_test(hook_text_gets_interface_and_namespace),
		cmocka_unit_test(programs_get_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
