/* SPDX-License-Identifier: Apache-2.0 */
/* A segment while it is written: instructions and what belongs to them, in rising order. */
#pragma once

#include "chain/insn.h"
#include "chain/link.h"
#include "chain/segments.h"
#include "chain/write/types.h"

/**
 * struct writer - one segment.
 * @slots:  offset of the context from the frame pointer; below it the counters and the key.
 * @copies: types of each member of the segment.
 * @r:      the first failure.
 */
struct writer {
	const struct chain_plan *plan;
	struct chain_segment segment;
	uint32_t number;
	bool has_stats;
	int16_t slots;
	struct text insns;
	struct text map_refs;
	struct text kfuncs;
	struct text origins;
	struct text lines;
	struct text funcs;
	struct btf_writer btf;
	struct types_own own;
	struct types_copy *copies;
	uint32_t line_at;    /* instruction of the last line, + 1 */
	uint32_t is_started; /* the counters hold when the next counted member starts */
	int r;
};

/* The index of the next instruction. */
uint32_t emit_at(const struct writer *w);
struct bpf_insn *emit_get(const struct writer *w, uint32_t at);
void emit(struct writer *w, struct bpf_insn in);
/* A jump whose target is set by emit_land(). Return: its index. */
uint32_t emit_jump(struct writer *w, struct bpf_insn in);
/* The jump at @at goes to the next instruction. */
void emit_land(struct writer *w, uint32_t at);
/* r1 = map, or r2. */
void emit_map(struct writer *w, bool is_second, uint32_t key);
void emit_return(struct writer *w, int32_t code);
/* What follows is instruction @from of @member (UINT32_MAX: the linker's own). */
void emit_origin(struct writer *w, uint32_t member, uint32_t from);

#define EMIT_OP(op, dst, value)                                                                    \
	((struct bpf_insn){.code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define EMIT_OP32(op, dst, value)                                                                  \
	((struct bpf_insn){.code = BPF_ALU | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define EMIT_OP_REG(op, dst, src)                                                                  \
	((struct bpf_insn){.code = BPF_ALU64 | (op) | BPF_X, .dst_reg = (dst), .src_reg = (src)})
#define EMIT_MOV32_REG(dst, src)                                                                   \
	((struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = (dst), .src_reg = (src)})
#define EMIT_LOAD(dst, src, at)                                                                    \
	((struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_DW,                                     \
			   .dst_reg = (dst),                                                       \
			   .src_reg = (src),                                                       \
			   .off = (int16_t)(at)})
#define EMIT_STORE(dst, at, src)                                                                   \
	((struct bpf_insn){.code = BPF_STX | BPF_MEM | BPF_DW,                                     \
			   .dst_reg = (dst),                                                       \
			   .src_reg = (src),                                                       \
			   .off = (int16_t)(at)})
#define EMIT_JUMP32(op, dst, value)                                                                \
	((struct bpf_insn){.code = BPF_JMP32 | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define EMIT_JUMP(op, dst, value)                                                                  \
	((struct bpf_insn){.code = BPF_JMP | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define EMIT_HELPER(id) ((struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = (id)})
#define EMIT_EXIT	((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})
