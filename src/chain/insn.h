/* SPDX-License-Identifier: Apache-2.0 */
/* What one instruction does to the flow of a program. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Newer than linux/bpf.h of some build machines. */
#define INSN_JCOND	0xe0			   /* may_goto, 6.9 */
#define INSN_LOAD_ACQ	0x100			   /* 6.15 */
#define INSN_GOTOX	(BPF_JMP | BPF_JA | BPF_X) /* 6.19 */
#define INSN_JUMP_WIDE	(BPF_JMP32 | BPF_JA)	   /* 6.6 */
#define INSN_STACK_SIZE 512

#define HELPER_MAP_LOOKUP 1
#define HELPER_KTIME	  5
#define HELPER_TAIL_CALL  12

static inline bool insn_is_wide(const struct bpf_insn *in)
{
	return in->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static inline bool insn_is_call(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_CALL) && in->src_reg == BPF_PSEUDO_CALL;
}

static inline bool insn_is_helper(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_CALL) && in->src_reg == 0;
}

static inline bool insn_is_kfunc(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_CALL) && in->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

/* Does it hold the place of a function of the program, as a number relative to itself? */
static inline bool insn_names_function(const struct bpf_insn *in)
{
	return insn_is_call(in) || (insn_is_wide(in) && in->src_reg == BPF_PSEUDO_FUNC);
}

static inline bool insn_names_map(const struct bpf_insn *in)
{
	return insn_is_wide(in) &&
	       (in->src_reg == BPF_PSEUDO_MAP_FD || in->src_reg == BPF_PSEUDO_MAP_VALUE);
}

static inline bool insn_is_exit(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_EXIT);
}

static inline bool insn_is_goto(const struct bpf_insn *in)
{
	return in->code == (BPF_JMP | BPF_JA) || in->code == INSN_JUMP_WIDE;
}

/* Is there a target within the function? */
static inline bool insn_is_jump(const struct bpf_insn *in)
{
	uint8_t class = BPF_CLASS(in->code), op = BPF_OP(in->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

/* The instruction that a jump at @at goes to, or whose function a call names; may be none. */
static inline int64_t insn_target(const struct bpf_insn *in, uint32_t at)
{
	bool is_imm = insn_names_function(in) || in->code == INSN_JUMP_WIDE;

	return (int64_t)at + 1 + (is_imm ? in->imm : in->off);
}
