/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier's counts are read from the logs of several kernels, and nothing else is. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "verifier/verified.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PROCESSED(n)                                                                               \
	"processed " n                                                                             \
	" insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "               \
	"mark_read 0\n"

static void counts_are_read_from_a_log_of_statistics(void **state)
{
	struct verified v;

	(void)state;
	verified_parse("verification time 61 usec\nstack depth 4\n" PROCESSED("8"), &v);
	assert_int_equal(v.n_insns, 8);
	assert_int_equal(v.n_stacks, 1);
	assert_int_equal(v.stacks[0], 4);
}

static void each_function_has_its_stack(void **state)
{
	struct verified v;

	(void)state;
	verified_parse("verification time 61 usec\nstack depth 24+0+512\n" PROCESSED("91234"), &v);
	assert_int_equal(v.n_insns, 91234);
	assert_int_equal(v.n_stacks, 3);
	assert_int_equal(v.stacks[0], 24);
	assert_int_equal(v.stacks[1], 0);
	assert_int_equal(v.stacks[2], 512);
}

static void what_later_kernels_write_behind_is_left(void **state)
{
	struct verified v;

	(void)state;
	verified_parse("stack depth 8+16 max 32\n" PROCESSED("7"), &v);
	assert_int_equal(v.n_stacks, 2);
	assert_int_equal(v.n_insns, 7);
}

static void a_line_for_each_function_is_read_too(void **state)
{
	static const char log[] = "verification time 7934 usec\n"
				  "stack depth max 40\n"
				  "subprog 0 (count) main insns_self 55 insns_total 70 stack 8\n"
				  "subprog 1 (weigh) static insns_self 15 insns_total 15 stack 32\n"
				  "processed 70 insns (limit 1000000) max_states_per_insn 0\n";
	struct verified v;

	(void)state;
	verified_parse(log, &v);
	assert_int_equal(v.n_insns, 70);
	assert_int_equal(v.n_stacks, 2);
	assert_int_equal(v.stacks[0], 8);
	assert_int_equal(v.stacks[1], 32);
	verified_parse(strchr(log, ')'), &v);
	assert_int_equal(v.n_insns, 70);
	assert_int_equal(v.n_stacks, 0);
}

static void a_long_log_is_read_at_its_end(void **state)
{
	_text_ struct text log = {0};
	struct verified v;

	(void)state;
	text_add(&log, "stack depth 1\n" PROCESSED("1"));
	for (int i = 0; i < 20000; i++)
		text_add(&log, "%d: (bf) r1 = r0\n", i);
	verified_parse(log.data, &v);
	assert_int_equal(v.n_insns, 0);
	assert_int_equal(v.n_stacks, 0);
	text_add(&log, "stack depth 16\n" PROCESSED("20000"));
	verified_parse(log.data, &v);
	assert_int_equal(v.n_insns, 20000);
	assert_int_equal(v.n_stacks, 1);
	assert_int_equal(v.stacks[0], 16);
}

static void what_is_no_count_is_unknown(void **state)
{
	static const char *const logs[] = {
		"",
		"\n",
		"stack depth \nprocessed many insns (limit 1000000)\n",
		"stack depth 8+\nprocessed 8 ins",
		"stack depth 8+x\nprocessed -1 insns (limit 1)\n",
		"stack depth 4097\nprocessed 99999999999 insns (limit 1)\n",
		"stack depth 99999999999999999999999\nprocessed 99999999999999999999999 insns \n",
		"my stack depth 8\nnot processed 8 insns (limit 1)\n",
		"subprog 1 (f) stack 8\n",
		"subprog 512 (f) stack 8\n",
		"subprog 0 (f) stack \nsubprog",
		"subprog 0 (f)\n stack 8\n",
	};
	struct verified v;

	(void)state;
	for (size_t i = 0; i < array_size(logs); i++) {
		verified_parse(logs[i], &v);
		assert_int_equal(v.n_insns, 0);
		assert_int_equal(v.n_stacks, 0);
	}
}

static void as_many_functions_as_a_program_may_have_are_read(void **state)
{
	_text_ struct text log = {0};
	struct verified v;

	(void)state;
	text_add(&log, "stack depth 512");
	for (int i = 1; i < INSTRUCTIONS_FUNCTIONS_MAX; i++)
		text_add(&log, "+512");
	verified_parse(log.data, &v);
	assert_int_equal(v.n_stacks, INSTRUCTIONS_FUNCTIONS_MAX);
	assert_int_equal(v.stacks[INSTRUCTIONS_FUNCTIONS_MAX - 1], 512);
	text_add(&log, "+512");
	verified_parse(log.data, &v);
	assert_int_equal(v.n_stacks, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_read_from_a_log_of_statistics),
		cmocka_unit_test(each_function_has_its_stack),
		cmocka_unit_test(what_later_kernels_write_behind_is_left),
		cmocka_unit_test(a_line_for_each_function_is_read_too),
		cmocka_unit_test(a_long_log_is_read_at_its_end),
		cmocka_unit_test(what_is_no_count_is_unknown),
		cmocka_unit_test(as_many_functions_as_a_program_may_have_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
