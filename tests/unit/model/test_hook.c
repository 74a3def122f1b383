/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of hooks, the kinds by name and by ELF section. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/hook.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void every_canonical_text_comes_back_unchanged(void **state)
{
	static const char *const texts[] = {
		"xdp:eth0",
		"xdp:eth0@blue",
		"xdp:eth0@/proc/123/ns/net",
		"tc:br-lan.7/ingress",
		"tcx:eth0/egress@blue",
		"tracepoint:net/net_dev_queue",
		"tracepoint:intel-sst/sst_irq",
		"raw_tp:sched_switch",
		"flow_dissector",
		"flow_dissector@blue",
		"flow_dissector@/proc/1/ns/net",
		"uprobe:/usr/bin/x:trigger_func+0",
		"uprobe:/opt/a:b@c/x:_ZN3fooEv+16",
		"uretprobe:/usr/lib/libc.so.6:malloc+0",
		"uprobe:/usr/bin/x:0x1f40",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_cleanup_(hook_done) struct hook hook = {0}, copy = {0};
		struct reason why _reason_ = {0};
		char *text _free_ = NULL;

		assert_int_equal(hook_parse(texts[i], &hook, &why), 0);
		assert_int_equal(hook_copy(&hook, &copy), 0);
		text = hook_format(&copy);
		assert_string_equal(text, texts[i]);
	}
}

static void other_spellings_mean_the_same_hook(void **state)
{
	static const char *const pairs[][2] = {
		{"XDP:eth0", "xdp:eth0"},
		{"classifier:eth0/Ingress", "tc:eth0/ingress"},
		{"tp:net/net_dev_queue", "tracepoint:net/net_dev_queue"},
		{"raw_tracepoint:sched_switch", "raw_tp:sched_switch"},
		{"Flow_Dissector:", "flow_dissector"},
		{"flow_dissector:@blue", "flow_dissector@blue"},
		{"uprobe:/usr/bin/x:f", "uprobe:/usr/bin/x:f+0"},
		{"uprobe:/usr/bin/x:f+0x10", "uprobe:/usr/bin/x:f+16"},
		{"uprobe:/usr/bin/x:4096", "uprobe:/usr/bin/x:0x1000"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(pairs); i++) {
		_cleanup_(hook_done) struct hook hook = {0};
		char *text _free_ = NULL;

		assert_int_equal(hook_parse(pairs[i][0], &hook, NULL), 0);
		text = hook_format(&hook);
		assert_string_equal(text, pairs[i][1]);
	}
}

static void a_bad_text_is_refused_with_the_word_that_is_wrong(void **state)
{
	static const char *const bad[][2] = {
		{"eth0", "KIND:PLACE"},
		{"xpd:eth0", "one of xdp, tc"},
		{"xdp:", "no interface"},
		{"xdp:abcdefghijklmnop", "longer than 15"},
		{"xdp:..", "no interface name"},
		{"xdp:a b", "has a ' '"},
		{"xdp:eth0/ingress", "has a '/'"},
		{"xdp:eth0@", "no network namespace"},
		{"xdp:eth0@..", "neither a name nor"},
		{"xdp:eth0@a/b", "neither a name nor"},
		{"tc:eth0", "direction is missing"},
		{"tc:eth0/", "direction is missing"},
		{"tc:eth0/inward", "neither ingress nor egress"},
		{"tracepoint:net_dev_queue", "lacks its group"},
		{"tracepoint:net/", "name is missing"},
		{"tracepoint:net/a/b", "has a '/'"},
		{"tracepoint:../x", "has a '.'"},
		{"raw_tp:", "name is missing"},
		{"raw_tp:a/b", "has a '/'"},
		{"uprobe:x:f", "not absolute"},
		{"uprobe:/usr/bin/x", "lacks the function"},
		{"uprobe:/usr/bin/x:", "name is missing"},
		{"uprobe:/usr/bin/x:f+", "is no number"},
		{"uprobe:/usr/bin/x:f+-1", "is no number"},
		{"uprobe:/usr/bin/x:0xzz", "is no number"},
		{"uprobe:/usr/bin/x:99999999999999999999", "is no number"},
		{"uprobe:/proc/self/exe:f", "give the path"},
		{"uprobe:/:f", "no program"},
		{"xdp:eth\n0", "control characters"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		struct hook hook = {.kind = HOOK_TC};
		struct reason why _reason_ = {0};

		assert_int_equal(hook_parse(bad[i][0], &hook, &why), -EINVAL);
		if (!strstr(why.text, bad[i][1]))
			fail_msg("%s: \"%s\" lacks \"%s\"", bad[i][0], why.text, bad[i][1]);
		assert_null(hook.target);
		assert_int_equal(hook.kind, HOOK_TC);
	}
}

static void a_misspelt_kind_gets_a_hint(void **state)
{
	struct reason why _reason_ = {0};
	struct hook hook;

	(void)state;
	assert_int_equal(hook_parse("tracepiont:a/b", &hook, &why), -EINVAL);
	assert_string_equal(why.hint, "did you mean \"tracepoint:\"");
}

static void a_text_above_the_bound_is_refused(void **state)
{
	char long_text[HOOK_TEXT_MAX + 16];
	struct hook hook;

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	memcpy(long_text, "uprobe:/", 8);
	memcpy(long_text + sizeof(long_text) - 3, ":f", 3);
	assert_int_equal(hook_parse(long_text, &hook, NULL), -EINVAL);
}

static void sections_of_all_loaders_name_their_kind(void **state)
{
	static const struct {
		const char *section;
		enum hook_kind kind;
		const char *rest;
	} rows[] = {
		{"xdp", HOOK_XDP, ""},
		{"xdp.frags", HOOK_XDP, ""},
		{"xdp/counter", HOOK_XDP, "counter"},
		{"?xdp", HOOK_XDP, ""},
		{"xdp/devmap", HOOK_KIND_UNKNOWN, ""},
		{"xdp_stats", HOOK_KIND_UNKNOWN, ""},
		{"tc", HOOK_TC, ""},
		{"tc/ingress", HOOK_TC, "ingress"},
		{"tcx/egress", HOOK_TCX, "egress"},
		{"classifier", HOOK_TC, ""},
		{"classifier/x", HOOK_TC, "x"},
		{"action", HOOK_TC, ""},
		{"tracepoint/net/net_dev_queue", HOOK_TRACEPOINT, "net/net_dev_queue"},
		{"tp/a/b", HOOK_TRACEPOINT, "a/b"},
		{"tp_btf/x", HOOK_KIND_UNKNOWN, ""},
		{"raw_tp/sched_switch", HOOK_RAW_TP, "sched_switch"},
		{"raw_tracepoint/sys_enter", HOOK_RAW_TP, "sys_enter"},
		{"raw_tp.w/x", HOOK_RAW_TP, "x"},
		{"uprobe//usr/bin/x:f", HOOK_UPROBE, "/usr/bin/x:f"},
		{"uprobe.s//x:f", HOOK_UPROBE, "/x:f"},
		{"uretprobe/", HOOK_URETPROBE, ""},
		{"uprobe.multi//x:f", HOOK_KIND_UNKNOWN, ""},
		{"stats", HOOK_KIND_UNKNOWN, ""},
		{"", HOOK_KIND_UNKNOWN, ""},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		const char *rest = NULL;

		assert_int_equal(hook_kind_of_section(rows[i].section, &rest), rows[i].kind);
		if (rows[i].kind != HOOK_KIND_UNKNOWN)
			assert_string_equal(rest, rows[i].rest);
	}
}

static void programs_fit_hooks_of_their_own_program_type(void **state)
{
	(void)state;
	assert_true(hook_kind_fits(HOOK_TC, HOOK_TCX));
	assert_true(hook_kind_fits(HOOK_TCX, HOOK_TC));
	assert_true(hook_kind_fits(HOOK_UPROBE, HOOK_URETPROBE));
	assert_false(hook_kind_fits(HOOK_XDP, HOOK_TC));
	assert_false(hook_kind_fits(HOOK_TRACEPOINT, HOOK_RAW_TP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_canonical_text_comes_back_unchanged),
		cmocka_unit_test(other_spellings_mean_the_same_hook),
		cmocka_unit_test(a_bad_text_is_refused_with_the_word_that_is_wrong),
		cmocka_unit_test(a_misspelt_kind_gets_a_hint),
		cmocka_unit_test(a_text_above_the_bound_is_refused),
		cmocka_unit_test(sections_of_all_loaders_name_their_kind),
		cmocka_unit_test(programs_fit_hooks_of_their_own_program_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
