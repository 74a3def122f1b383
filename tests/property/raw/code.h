/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of a random member while they are written. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#define CODE_MAX      4096
#define CODE_REFS     256
#define CODE_CALLS    64
#define CODE_MAPS     6 /* the pool; the member's own array of programs stands behind */
#define CODE_SINGLE   3 /* maps below have one entry of 64 bytes, others four of 16 */
#define CODE_VALUE    64
#define CODE_ARRAY    CODE_MAPS
#define CODE_TARGETS  4
#define CODE_FUNCTION 4 /* subprograms at most */

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *r);
/* 0 to @n - 1. */
uint32_t random_below(struct random *r, uint32_t n);
/* Is it one of @percent in a hundred? */
bool random_is(struct random *r, uint32_t percent);
/* Of those that find errors at edges. */
int32_t random_number(struct random *r);

/**
 * struct code - a program that grows.
 * @type: BPF_PROG_TYPE_…. @is_target: is tail-called, so tail-calls nobody.
 * @refs: instruction and map. @calls: instruction and function that it calls.
 * @function: is written now, 0: main. @low: the stack below it is not used by this function.
 * @is_whole: wants all of the stack, and has one verdict: may be a segment by itself.
 * @n_functions: with main. @has_ld_abs: then there are no functions.
 */
struct code {
	uint32_t type;
	bool is_target;
	bool is_whole;
	bool may_jump; /* may_goto is there, 6.9 */
	bool has_ld_abs;
	bool has_tail_call;
	struct random *random;
	struct bpf_insn insns[CODE_MAX];
	uint32_t n;
	struct {
		uint32_t insn, other;
	} refs[CODE_REFS], calls[CODE_CALLS];
	uint32_t n_refs, n_calls;
	uint32_t function, n_functions;
	uint32_t starts[CODE_FUNCTION + 1];
	int16_t deepest;
};

/* Append. Return: its index. */
uint32_t code_add(struct code *c, struct bpf_insn in);
/* The jump at @at goes to the next instruction. */
void code_land(struct code *c, uint32_t at);
/* reg = 64 bits. */
void code_add_wide(struct code *c, uint8_t reg, uint64_t value);
/* reg = map of the pool, or a place in its only value. */
void code_add_map(struct code *c, uint8_t reg, uint32_t map);
void code_add_value(struct code *c, uint8_t reg, uint32_t map, uint32_t offset);
void code_add_call(struct code *c, uint32_t function);
/* A slot of the stack, by 8 bytes from the frame pointer. */
int16_t code_slot(struct code *c);
/* A jump over what follows, or not, by r8. Return: it, for code_land(). */
uint32_t code_add_condition(struct code *c);

/* What a member does, and how it ends; r6: the context, r8: a number, r7 and r9 are free. */
void blocks_add(struct code *c, uint32_t n);
void verdict_add(struct code *c);

/* The whole program. */
void code_write(struct code *c);

#define OP_K(op, dst, value)                                                                       \
	((struct bpf_insn){.code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define OP_X(op, dst, src)                                                                         \
	((struct bpf_insn){.code = BPF_ALU64 | (op) | BPF_X, .dst_reg = (dst), .src_reg = (src)})
#define OP32_K(op, dst, value)                                                                     \
	((struct bpf_insn){.code = BPF_ALU | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define OP32_X(op, dst, src)                                                                       \
	((struct bpf_insn){.code = BPF_ALU | (op) | BPF_X, .dst_reg = (dst), .src_reg = (src)})
#define LOAD(size, dst, src, at)                                                                   \
	((struct bpf_insn){.code = BPF_LDX | BPF_MEM | (size),                                     \
			   .dst_reg = (dst),                                                       \
			   .src_reg = (src),                                                       \
			   .off = (int16_t)(at)})
#define STORE(size, dst, at, src)                                                                  \
	((struct bpf_insn){.code = BPF_STX | BPF_MEM | (size),                                     \
			   .dst_reg = (dst),                                                       \
			   .src_reg = (src),                                                       \
			   .off = (int16_t)(at)})
#define STORE_K(size, dst, at, value)                                                              \
	((struct bpf_insn){.code = BPF_ST | BPF_MEM | (size),                                      \
			   .dst_reg = (dst),                                                       \
			   .off = (int16_t)(at),                                                   \
			   .imm = (value)})
#define JUMP_K(op, dst, value)                                                                     \
	((struct bpf_insn){.code = BPF_JMP | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define JUMP32_K(op, dst, value)                                                                   \
	((struct bpf_insn){.code = BPF_JMP32 | (op) | BPF_K, .dst_reg = (dst), .imm = (value)})
#define JUMP_X(op, dst, src)                                                                       \
	((struct bpf_insn){.code = BPF_JMP | (op) | BPF_X, .dst_reg = (dst), .src_reg = (src)})
#define GOTO	   ((struct bpf_insn){.code = BPF_JMP | BPF_JA})
#define MAY_GOTO   ((struct bpf_insn){.code = BPF_JMP | 0xe0})
#define HELPER(id) ((struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = (id)})
#define EXIT	   ((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})
