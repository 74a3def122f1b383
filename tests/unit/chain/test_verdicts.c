/* SPDX-License-Identifier: Apache-2.0 */
/* What a program may return, read off its instructions. */
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "chain/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MOVE(reg, value)                                                                           \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value)              \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}
#define BIT(code) (UINT64_C(1) << ((code) + 1))

static void bits_of_a_number_that_is_no_code_may_be_any(void **state)
{
	static const struct bpf_insn insns[] = {
		MOVE(BPF_REG_1, 2058286025),
		{.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = BPF_REG_1, .imm = 7},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_1, .off = 2, .imm = 6},
		MOVE(BPF_REG_0, 1),
		EXIT,
		MOVE(BPF_REG_0, 3),
		EXIT,
	};
	uint64_t returns = 0;

	(void)state;
	assert_int_equal(chain_verdicts(insns, array_size(insns), &returns), 0);
	assert_true(returns == (BIT(1) | BIT(3)));
}

static void a_number_cut_down_by_a_mask_is_a_code(void **state)
{
	static const struct bpf_insn insns[] = {
		MOVE(BPF_REG_0, 1000001),
		{.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = BPF_REG_0, .imm = 5},
		EXIT,
	};
	uint64_t returns = 0;

	(void)state;
	assert_int_equal(chain_verdicts(insns, array_size(insns), &returns), 0);
	assert_true(returns == (BIT(0) | BIT(1) | BIT(4) | BIT(5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_of_a_number_that_is_no_code_may_be_any),
		cmocka_unit_test(a_number_cut_down_by_a_mask_is_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
