/* SPDX-License-Identifier: Apache-2.0 */
/* The flat form of captured instructions against hostile bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/instructions.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static uint64_t insns[4] = {1, 2, 3, 4};
static struct map_ref refs[] = {{1, 0}, {3, 2}};
static uint32_t func_info[] = {0, 5};
static uint32_t stacks[] = {16, 512};
static struct kfunc_ref kfuncs[] = {{0, "bpf_dynptr_from_xdp", ""},
				    {2, "bpf_ct_release", "nf_conntrack"}};
static uint32_t line_info[] = {0, 1, 2, 3, 1, 1, 2, 3};

static struct instructions sample(void)
{
	return (struct instructions){.insns = insns,
				     .n_insns = 4,
				     .map_refs = refs,
				     .n_map_refs = 2,
				     .func_info = func_info,
				     .func_info_rec_size = 8,
				     .n_func_info = 1,
				     .line_info = line_info,
				     .line_info_rec_size = 16,
				     .n_line_info = 2,
				     .kfuncs = kfuncs,
				     .n_kfuncs = 2,
				     .stacks = stacks,
				     .n_stacks = 2,
				     .verified = 91234,
				     .prog_flags = 32,
				     .expected_attach_type = 37,
				     .license = "GPL"};
}

static void instructions_are_written_and_read_again(void **state)
{
	_cleanup_(instructions_done) struct instructions out = {0};
	struct instructions in = sample();
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), 0);
	assert_int_equal(out.n_insns, 4);
	assert_memory_equal(out.insns, insns, sizeof(insns));
	assert_int_equal(out.n_map_refs, 2);
	assert_int_equal(out.map_refs[1].map, 2);
	assert_int_equal(out.n_func_info, 1);
	assert_int_equal(out.n_line_info, 2);
	assert_memory_equal(out.line_info, line_info, sizeof(line_info));
	assert_int_equal(out.n_kfuncs, 2);
	assert_memory_equal(out.kfuncs, kfuncs, sizeof(kfuncs));
	assert_int_equal(out.n_stacks, 2);
	assert_memory_equal(out.stacks, stacks, sizeof(stacks));
	assert_int_equal(out.verified, 91234);
	assert_int_equal(out.prog_flags, 32);
	assert_int_equal(out.expected_attach_type, 37);
	assert_string_equal(out.license, "GPL");
}

static void a_program_without_btf_has_no_records(void **state)
{
	_cleanup_(instructions_done) struct instructions out = {0};
	struct instructions in = {.insns = insns, .n_insns = 2, .license = "GPL"};
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), 0);
	assert_null(out.func_info);
	assert_int_equal(out.n_line_info, 0);
}

static void every_cut_is_refused(void **state)
{
	struct instructions in = sample();
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	for (size_t n = 0; n < w.len; n++) {
		struct instructions out = {0};
		char *exact = malloc(n + 1);

		memcpy(exact, w.data, n);
		assert_int_equal(instructions_decode(exact, n, &out), -EBADMSG);
		assert_null(out.insns);
		free(exact);
	}
}

static void a_reference_behind_the_last_instruction_is_refused(void **state)
{
	struct map_ref beyond = {4, 0};
	struct instructions in = sample(), out = {0};
	_text_ struct text w = {0};

	(void)state;
	in.map_refs = &beyond;
	in.n_map_refs = 1;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), -EBADMSG);
}

static int decode_again(const struct instructions *in)
{
	_cleanup_(instructions_done) struct instructions out = {0};
	_text_ struct text w = {0};

	instructions_encode(in, &w);
	return instructions_decode(w.data, w.len, &out);
}

static void a_call_behind_the_last_instruction_is_refused(void **state)
{
	struct kfunc_ref call = {.insn = 3, .name = "f"};
	struct instructions in = sample();

	(void)state;
	in.kfuncs = &call;
	in.n_kfuncs = 1;
	assert_int_equal(decode_again(&in), 0);
	call.insn = 4;
	assert_int_equal(decode_again(&in), -EBADMSG);
}

static void a_name_without_an_end_is_refused(void **state)
{
	struct kfunc_ref call = {.insn = 0};
	struct instructions in = sample();

	(void)state;
	in.kfuncs = &call;
	in.n_kfuncs = 1;
	memset(call.name, 'x', sizeof(call.name));
	assert_int_equal(decode_again(&in), -EBADMSG);
	call.name[sizeof(call.name) - 1] = '\0';
	assert_int_equal(decode_again(&in), 0);
	memset(call.module, 'x', sizeof(call.module));
	assert_int_equal(decode_again(&in), -EBADMSG);
}

static void more_stacks_or_calls_than_a_program_may_have_are_refused(void **state)
{
	_free_ uint32_t *many = calloc(INSTRUCTIONS_FUNCTIONS_MAX + 1, sizeof(*many));
	_free_ struct kfunc_ref *calls = calloc(INSTRUCTIONS_KFUNCS_MAX + 1, sizeof(*calls));
	struct instructions in = sample();

	(void)state;
	in.stacks = many;
	in.n_stacks = INSTRUCTIONS_FUNCTIONS_MAX;
	in.kfuncs = calls;
	in.n_kfuncs = INSTRUCTIONS_KFUNCS_MAX;
	assert_int_equal(decode_again(&in), 0);
	in.n_stacks++;
	assert_int_equal(decode_again(&in), -EBADMSG);
	in.n_stacks--;
	in.n_kfuncs++;
	assert_int_equal(decode_again(&in), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_are_written_and_read_again),
		cmocka_unit_test(a_program_without_btf_has_no_records),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_reference_behind_the_last_instruction_is_refused),
		cmocka_unit_test(a_call_behind_the_last_instruction_is_refused),
		cmocka_unit_test(a_name_without_an_end_is_refused),
		cmocka_unit_test(more_stacks_or_calls_than_a_program_may_have_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
