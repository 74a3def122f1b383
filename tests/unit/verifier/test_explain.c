/* SPDX-License-Identifier: Apache-2.0 */
/* Verifier logs of several kernels become one line, a place and a cure. */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "verifier/explain.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define KERNEL(a, b) ((a) << 16 | (b) << 8)

static const char null_check_6_18[] =
	"0: R1=ctx() R10=fp0\n"
	"; return *value > 3; @ refused.bpf.c:21\n"
	"6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=values,ks=4,vs=8)\n"
	"7: (79) r1 = *(u64 *)(r0 +0)\n"
	"R0 invalid mem access 'map_value_or_null'\n"
	"processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

static const char null_check_5_10[] =
	"Unrecognized arg#0 type PTR\n"
	"; return *value > 3;\n"
	"7: (79) r1 = *(u64 *)(r0 +0)\n"
	" R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????\n"
	"R0 invalid mem access 'map_value_or_null'\n"
	"verification time 61 usec\n"
	"stack depth 4\n"
	"processed 8 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

static void the_cause_the_place_and_the_instructions_are_in_one_line(void **state)
{
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(explain_verifier("program unchecked", -EACCES, null_check_6_18,
					  KERNEL(6, 18), &why),
			 -EACCES);
	assert_string_equal(
		why.text,
		"program unchecked: the verifier refuses it: R0 invalid mem access "
		"'map_value_or_null'; at refused.bpf.c:21: return *value > 3; | 6: (85) call "
		"bpf_map_lookup_elem#1 | 7: (79) r1 = *(u64 *)(r0 +0)");
	assert_non_null(strstr(why.hint, "NULL"));
	assert_string_equal(why.detail, null_check_6_18);
}

static void old_logs_have_no_file_names(void **state)
{
	_reason_ struct reason why = {0};

	(void)state;
	explain_verifier("program unchecked", -EACCES, null_check_5_10, KERNEL(5, 10), &why);
	assert_string_equal(
		why.text,
		"program unchecked: the verifier refuses it: R0 invalid mem access "
		"'map_value_or_null'; at return *value > 3; | 7: (79) r1 = *(u64 *)(r0 +0)");
}

static void common_causes_have_a_cure(void **state)
{
	static const struct {
		const char *log;
		const char *hint;
	} cases[] = {
		{"invalid access to packet, off=0 size=14, R2(id=0,off=0,r=0)\n", "data_end"},
		{"R1 min value is negative, either use unsigned index or do a if (index >=0) check.\n",
		 "bound"},
		{"R2 unbounded memory access, use 'var &= const' or 'if (var < const)'\n", "bound"},
		{"back-edge from insn 9 to 3\n", "bound"},
		{"infinite loop detected at insn 5\ncur state: R0=1\nold state: R0=1\n", "counter"},
		{"BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns\n",
		 "split"},
		{"combined stack size of 2 calls is 544. Too large\n", "per-CPU"},
		{"invalid stack type R10 off=-520 access_size=8\nprocessed 1 insns\n", ""},
		{"Unreleased reference id=2 alloc_insn=6\n", "release"},
		{"cannot call GPL-restricted function from non-GPL compatible program\n",
		 "licence"},
		{"write into map forbidden, value_size=4 off=0 size=4\n", "read-only"},
		{"R0 !read_ok\n", "uninitialised"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		_reason_ struct reason why = {0};

		assert_int_equal(
			explain_verifier("program p", -EACCES, cases[i].log, KERNEL(6, 1), &why),
			-EACCES);
		assert_non_null(strstr(why.hint, cases[i].hint));
		assert_int_equal(strncmp(why.text + strlen("program p: the verifier refuses it: "),
					 cases[i].log, strcspn(cases[i].log, "\n")),
				 0);
	}
}

static void a_helper_that_the_kernel_lacks_is_named_with_its_first_kernel(void **state)
{
	static const char *const logs[] = {
		"5: (85) call unknown#131\ninvalid func unknown#131\n",
		"5: (85) call bpf_ringbuf_reserve#131\nunknown func bpf_ringbuf_reserve#131\n",
		"program of this type cannot use helper bpf_ringbuf_reserve#131\n",
	};

	(void)state;
	for (size_t i = 0; i < array_size(logs); i++) {
		_reason_ struct reason why = {0};

		assert_int_equal(
			explain_verifier("program p", -EINVAL, logs[i], KERNEL(5, 4), &why),
			-EOPNOTSUPP);
		assert_string_equal(why.text,
				    "program p: helper bpf_ringbuf_reserve needs kernel 5.8 "
				    "(this is 5.4)");
	}
}

static void a_helper_of_another_program_type_is_no_matter_of_version(void **state)
{
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(explain_verifier("program p", -EINVAL,
					  "unknown func bpf_redirect_map#51\n", KERNEL(6, 1), &why),
			 -EINVAL);
	assert_non_null(strstr(why.hint, "not for this type of program"));
}

static void without_a_log_the_error_speaks(void **state)
{
	_reason_ struct reason why = {0};

	(void)state;
	assert_int_equal(explain_verifier("program p", -EPERM, "", KERNEL(6, 1), &why), -EPERM);
	assert_non_null(strstr(why.text, "permits"));
	assert_null(why.detail);
}

static void a_long_log_keeps_its_end(void **state)
{
	size_t n = (3u << 20);
	_free_ char *log = malloc(n + 64);
	_reason_ struct reason why = {0};

	(void)state;
	memset(log, 'x', n);
	strcpy(log + n, "\nR0 !read_ok\n");
	explain_verifier("program p", -EACCES, log, KERNEL(6, 1), &why);
	assert_int_equal(strlen(why.detail), 1u << 20);
	assert_non_null(strstr(why.text, "R0 !read_ok"));
}

static void random_logs_are_survived(void **state)
{
	static const char *const parts[] = {
		"; ", " @ ",	      "12: (85)",	"\n",	      "#", "R1=", "R",
		":",  "unknown func", "99999999999999", "processed ", " ", ";",	  "@"};
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		_reason_ struct reason why = {0};
		char log[256] = "";

		for (int i = 0; i < 12; i++)
			strncat(log, parts[(unsigned int)rand_r(&seed) % array_size(parts)],
				sizeof(log) - strlen(log) - 1);
		assert_true(explain_verifier("program p", -EACCES, log, KERNEL(6, 1), &why) < 0);
		assert_true(why.text[0] != '\0');
	}
}

static void addresses_of_the_kernel_are_masked(void **state)
{
	static const char log[] = "4: (18) r1 = 0xffff88803f8ea000\n"
				  "7: (79) r1 = *(u64 *)(r0 +0)\n"
				  "R0 invalid mem access 'map_value_or_null'\n";
	_reason_ struct reason why = {0};
	uint32_t insn = 0;

	(void)state;
	explain_verifier("program p", -EACCES, log, KERNEL(5, 10), &why);
	assert_non_null(strstr(why.text, "r1 = 0xffffxxxxxxxxxxxx"));
	assert_null(strstr(why.detail, "3f8ea"));
	assert_int_equal(explain_insn(log, &insn), 0);
	assert_int_equal(insn, 7);
	assert_int_equal(explain_insn("R0 !read_ok\n", &insn), -ENOENT);
}

static void counts_are_no_cause(void **state)
{
	static const char log[] =
		"31: (79) r0 = *(u64 *)(r1 +4096)\n"
		"invalid bpf_context access off=4096 size=8\n"
		"verification time 1907 usec\n"
		"stack depth max 0\n"
		"subprog 0 (chain) main insns_self 34 insns_total 34 stack 8\n"
		"subprog 1 (bad) global insns_self 1 insns_total 1 stack 0\n"
		"processed 35 insns (limit 1000000) max_states_per_insn 0 total_states 3\n";
	_reason_ struct reason why = {0};

	(void)state;
	explain_verifier("program p", -EACCES, log, KERNEL(7, 3), &why);
	assert_non_null(strstr(why.text, "refuses it: invalid bpf_context access"));
}

static void a_complaint_without_instructions_may_name_one(void **state)
{
	uint32_t insn = 0;

	(void)state;
	assert_int_equal(explain_insn("unreachable insn 7\nprocessed 0 insns\n", &insn), 0);
	assert_int_equal(insn, 7);
	assert_int_equal(explain_insn("unreachable insn\n", &insn), -ENOENT);
}

static void a_place_is_added_once_and_before_the_source(void **state)
{
	_reason_ struct reason why = {0};

	(void)state;
	explain_verifier("program unchecked", -EACCES, null_check_5_10, KERNEL(5, 10), &why);
	explain_add_place(&why, "/src/a/refused.bpf.c", 21);
	assert_non_null(strstr(why.text, "; at refused.bpf.c:21: return *value > 3; |"));
	explain_add_place(&why, "refused.bpf.c", 22);
	assert_null(strstr(why.text, "22"));
}

static void the_report_of_new_kernels_does_not_hide_the_cause(void **state)
{
	static const char log[] =
		"; return *value > 3 ? XDP_DROP : XDP_PASS; @ refused.bpf.c:21\n"
		"7: (79) r1 = *(u64 *)(r0 +0)\n"
		"%s\n\n"
		"Verification failed: Register Type Safety: Invalid dereference\n\n"
		"Reason:\n  R0 may be NULL here (a nullable map value pointer).\n\n"
		"At:\n  unchecked @ refused.bpf.c:21:9\n"
		"  Instruction context:\n  >>>  7 | (79) r1 = *(u64 *)(r0 +0)\n\n"
		"Suggestion:\n  Add a NULL check before the access.\n\n"
		"processed 7 insns (limit 1000000) max_states_per_insn 0\n";
	_reason_ struct reason known = {0}, unknown = {0};
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), log, "R0 invalid mem access 'map_value_or_null'");
	explain_verifier("program p", -EACCES, text, KERNEL(7, 3), &known);
	assert_non_null(strstr(known.text, "refuses it: R0 invalid mem access"));
	assert_non_null(strstr(known.text, "refused.bpf.c:21"));
	assert_non_null(strstr(known.hint, "for NULL"));
	snprintf(text, sizeof(text), log, "R0 is of a kind nobody has heard of");
	explain_verifier("program p", -EACCES, text, KERNEL(7, 3), &unknown);
	assert_string_equal(unknown.hint, "Add a NULL check before the access.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cause_the_place_and_the_instructions_are_in_one_line),
		cmocka_unit_test(old_logs_have_no_file_names),
		cmocka_unit_test(common_causes_have_a_cure),
		cmocka_unit_test(a_helper_that_the_kernel_lacks_is_named_with_its_first_kernel),
		cmocka_unit_test(a_helper_of_another_program_type_is_no_matter_of_version),
		cmocka_unit_test(without_a_log_the_error_speaks),
		cmocka_unit_test(a_long_log_keeps_its_end),
		cmocka_unit_test(random_logs_are_survived),
		cmocka_unit_test(addresses_of_the_kernel_are_masked),
		cmocka_unit_test(counts_are_no_cause),
		cmocka_unit_test(a_complaint_without_instructions_may_name_one),
		cmocka_unit_test(a_place_is_added_once_and_before_the_source),
		cmocka_unit_test(the_report_of_new_kernels_does_not_hide_the_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
