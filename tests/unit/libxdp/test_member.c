/* SPDX-License-Identifier: Apache-2.0 */
/* From stored instructions to what is loaded in a slot. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxdp/btf.h"
#include "libxdp/member.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* main calls 3, takes the address of 5, and ends; two functions behind it. */
static const struct bpf_insn insns[] = {
	{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 3},
	{.code = BPF_LD | BPF_DW | BPF_IMM, .src_reg = BPF_PSEUDO_FUNC, .imm = 4},
	{0},
	{.code = BPF_JMP | BPF_EXIT},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K},
	{.code = BPF_JMP | BPF_EXIT},
	{.code = BPF_JMP | BPF_EXIT},
};

static struct instructions program(void)
{
	return (struct instructions){.insns = (void *)(uintptr_t)insns,
				     .n_insns = array_size(insns)};
}

static void without_btf_each_function_is_found_and_gets_one_that_says_nothing(void **state)
{
	_cleanup_(member_code_done) struct member_code code = {0};
	const struct instructions in = program();
	const struct libxdp_member member = {.name = "my-program", .code = &in};
	static const uint32_t starts[] = {0, 4, 6};

	(void)state;
	assert_int_equal(member_write(&member, &code), 0);
	assert_int_equal(code.n_functions, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(code.functions[i].insn_off, starts[i]);
	assert_string_equal(
		btf_find_function(code.btf.data, code.btf.len, code.functions[0].type_id),
		"my_program");
	assert_string_equal(
		btf_find_function(code.btf.data, code.btf.len, code.functions[2].type_id),
		"function");
	assert_memory_equal(code.insns, insns, sizeof(insns));
}

/* Records of 12 and 20 bytes: a newer loader's. */
static void with_btf_the_others_keep_theirs_and_records_get_the_size_we_know(void **state)
{
	_cleanup_(member_code_done) struct member_code code = {0};
	_cleanup_(btf_done) struct btf_writer w;
	uint32_t functions[9] = {0, 5, 99, 4, 6, 99, 6, 6, 99};
	uint32_t lines[5] = {0, 1, 2, 3, 99};
	struct instructions in = program();
	struct text btf _text_ = {0};
	uint32_t prototype;

	(void)state;
	btf_begin(&w);
	prototype = btf_add_prototype(&w);
	assert_int_equal(btf_add_function(&w, "original", prototype, true), 5);
	assert_int_equal(btf_add_function(&w, "callee", prototype, false), 6);
	assert_int_equal(btf_finish(&w, &btf), 0);
	in.func_info = functions;
	in.n_func_info = 3;
	in.func_info_rec_size = 12;
	in.line_info = lines;
	in.n_line_info = 1;
	in.line_info_rec_size = 20;
	assert_int_equal(member_write(&(struct libxdp_member){.name = "mine",
							      .code = &in,
							      .btf = btf.data,
							      .btf_len = btf.len},
				      &code),
			 0);
	assert_int_equal(code.n_functions, 3);
	assert_int_equal(code.functions[1].insn_off, 4);
	assert_int_equal(code.functions[1].type_id, 6);
	assert_int_equal(code.lines[0].line_col, 3);
	assert_string_equal(
		btf_find_function(code.btf.data, code.btf.len, code.functions[0].type_id), "mine");
	assert_string_equal(btf_find_function(code.btf.data, code.btf.len, 5), "original");
}

static void btf_that_is_not_understood_is_replaced(void **state)
{
	_cleanup_(member_code_done) struct member_code code = {0};
	uint32_t functions[2] = {0, 1};
	struct instructions in = program();

	(void)state;
	in.func_info = functions;
	in.n_func_info = 1;
	in.func_info_rec_size = 8;
	assert_int_equal(member_write(
				 &(struct libxdp_member){
					 .name = "x", .code = &in, .btf = "no btf", .btf_len = 6},
				 &code),
			 0);
	assert_int_equal(code.n_functions, 3);
	assert_int_equal(code.n_lines, 0);
}

static void a_call_out_of_the_program_is_no_program(void **state)
{
	struct bpf_insn bad[] = {{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL},
				 {.code = BPF_JMP | BPF_EXIT}};
	struct instructions in = {.insns = bad, .n_insns = 2};
	const struct libxdp_member member = {.name = "x", .code = &in};
	static const int32_t far[] = {1, -2, INT32_MAX, INT32_MIN};
	struct member_code code = {0};

	(void)state;
	for (size_t i = 0; i < array_size(far); i++) {
		bad[0].imm = far[i];
		assert_int_equal(member_write(&member, &code), -EINVAL);
	}
	in.n_insns = 0;
	assert_int_equal(member_write(&member, &code), -EINVAL);
	assert_null(code.insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_btf_each_function_is_found_and_gets_one_that_says_nothing),
		cmocka_unit_test(with_btf_the_others_keep_theirs_and_records_get_the_size_we_know),
		cmocka_unit_test(btf_that_is_not_understood_is_replaced),
		cmocka_unit_test(a_call_out_of_the_program_is_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
