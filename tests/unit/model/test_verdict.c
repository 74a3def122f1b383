/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict names, sets and their numbers, which the chains and foreign clients rely on. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/verdict.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void numbers_are_those_of_the_kernel_and_of_libxdp(void **state)
{
	(void)state;
	assert_int_equal(verdict_default_set(VERDICT_XDP), 1u << 2 | 1u << 31);
	assert_int_equal(verdict_default_set(VERDICT_TC), 1u << (-1 + 1) | 1u << (3 + 1));
	assert_int_equal(verdict_default_set(VERDICT_NONE), 0);
}

static void a_set_is_written_and_read_again(void **state)
{
	static const enum verdict_family families[] = {VERDICT_XDP, VERDICT_TC};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		uint32_t all = 0, again = 0;
		const char *name;

		for (unsigned int i = 0; (name = verdict_name(families[f], UINT32_MAX, i)); i++)
			assert_int_equal(verdict_parse(families[f], name, &all, NULL), 0);
		for (unsigned int i = 0; (name = verdict_name(families[f], all, i)); i++)
			assert_int_equal(verdict_parse(families[f], name, &again, NULL), 0);
		assert_int_equal(all, again);
		assert_int_equal(__builtin_popcount(all), families[f] == VERDICT_XDP ? 6 : 11);
	}
}

static void the_text_lists_names_in_order(void **state)
{
	struct text t _text_ = {0}, none _text_ = {0};
	uint32_t set = 0;

	(void)state;
	assert_int_equal(verdict_parse(VERDICT_XDP, "dispatcher_return", &set, NULL), 0);
	assert_int_equal(verdict_parse(VERDICT_XDP, "XDP_PASS", &set, NULL), 0);
	verdict_format(VERDICT_XDP, set, &t);
	assert_string_equal(t.data, "pass,dispatcher_return");
	verdict_format(VERDICT_XDP, 0, &none);
	assert_null(none.data);
}

static void a_code_beyond_31_has_a_bit_of_its_own(void **state)
{
	uint32_t set = 0;
	int32_t codes[32];

	(void)state;
	assert_int_equal(verdict_parse(VERDICT_FLOW, "continue", &set, NULL), 0);
	assert_int_equal(set, verdict_default_set(VERDICT_FLOW));
	assert_int_equal(verdict_parse(VERDICT_FLOW, "BPF_FLOW_DISSECTOR_CONTINUE", &set, NULL), 0);
	assert_int_equal(verdict_codes(VERDICT_FLOW, set, codes), 1);
	assert_int_equal(codes[0], 129);
	assert_int_equal(verdict_parse(VERDICT_FLOW, "ok", &set, NULL), 0);
	assert_int_equal(verdict_codes(VERDICT_FLOW, set, codes), 2);
	assert_string_equal(verdict_of_code(VERDICT_FLOW, 2), "drop");
}

static void a_code_is_understood_as_a_number(void **state)
{
	struct text t _text_ = {0};
	uint32_t flow = 0, tc = 0;

	(void)state;
	assert_int_equal(verdict_parse(VERDICT_FLOW, "129", &flow, NULL), 0);
	assert_int_equal(verdict_parse(VERDICT_FLOW, "2", &flow, NULL), 0);
	verdict_format(VERDICT_FLOW, flow, &t);
	assert_string_equal(t.data, "drop,continue");
	assert_int_equal(verdict_parse(VERDICT_FLOW, "1", &flow, NULL), -EINVAL);
	assert_int_equal(verdict_parse(VERDICT_FLOW, "129x", &flow, NULL), -EINVAL);
	assert_int_equal(verdict_parse(VERDICT_FLOW, "", &flow, NULL), -EINVAL);
	assert_int_equal(verdict_parse(VERDICT_TC, "-1", &tc, NULL), 0);
	assert_int_equal(verdict_parse(VERDICT_TC, "3", &tc, NULL), 0);
	assert_int_equal(tc, verdict_default_set(VERDICT_TC));
}

static void an_unknown_name_lists_the_known_ones(void **state)
{
	struct reason why _reason_ = {0}, none _reason_ = {0};
	uint32_t set = 7;

	(void)state;
	assert_int_equal(verdict_parse(VERDICT_XDP, "pas", &set, &why), -EINVAL);
	assert_int_equal(set, 7);
	assert_non_null(strstr(why.text, "aborted,drop,pass,tx,redirect"));
	assert_string_equal(why.hint, "did you mean \"pass\"");
	assert_int_equal(verdict_parse(VERDICT_NONE, "pass", &set, &none), -EINVAL);
	assert_non_null(strstr(none.text, "xdp, tc, tcx and flow_dissector"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_the_kernel_and_of_libxdp),
		cmocka_unit_test(a_set_is_written_and_read_again),
		cmocka_unit_test(the_text_lists_names_in_order),
		cmocka_unit_test(a_code_beyond_31_has_a_bit_of_its_own),
		cmocka_unit_test(a_code_is_understood_as_a_number),
		cmocka_unit_test(an_unknown_name_lists_the_known_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
