/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the form of a random program: main, its functions, how they begin and end. */
#include "code.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) * n >> 32);
}

bool random_is(struct random *r, uint32_t percent)
{
	return random_below(r, 100) < percent;
}

int32_t random_number(struct random *r)
{
	static const int32_t edges[] = {0, 1, -1, 2, 31, 61, 62, 63, 255, INT32_MAX, INT32_MIN};
	uint32_t n = sizeof(edges) / sizeof(*edges);

	switch (random_below(r, 3)) {
	case 0:
		return edges[random_below(r, n)];
	case 1:
		return (int32_t)random_below(r, 10) - 1;
	default:
		return (int32_t)random_next(r);
	}
}

uint32_t code_add(struct code *c, struct bpf_insn in)
{
	if (c->n >= CODE_MAX)
		abort();
	c->insns[c->n] = in;
	return c->n++;
}

void code_land(struct code *c, uint32_t at)
{
	c->insns[at].off = (int16_t)(c->n - at - 1);
}

void code_add_wide(struct code *c, uint8_t reg, uint64_t value)
{
	code_add(c, (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW,
				      .dst_reg = reg & 0xfu,
				      .imm = (int32_t)(uint32_t)value});
	code_add(c, (struct bpf_insn){.imm = (int32_t)(uint32_t)(value >> 32)});
}

static void add_ref(struct code *c, uint32_t map)
{
	if (c->n_refs >= CODE_REFS)
		abort();
	c->refs[c->n_refs].insn = c->n;
	c->refs[c->n_refs++].other = map;
}

void code_add_map(struct code *c, uint8_t reg, uint32_t map)
{
	add_ref(c, map);
	code_add_wide(c, reg, 0);
	c->insns[c->n - 2].src_reg = BPF_PSEUDO_MAP_FD;
}

void code_add_value(struct code *c, uint8_t reg, uint32_t map, uint32_t offset)
{
	add_ref(c, map);
	code_add_wide(c, reg, (uint64_t)offset << 32);
	c->insns[c->n - 2].src_reg = BPF_PSEUDO_MAP_VALUE;
}

void code_add_call(struct code *c, uint32_t function)
{
	if (c->n_calls >= CODE_CALLS)
		abort();
	c->calls[c->n_calls].insn = c->n;
	c->calls[c->n_calls++].other = function;
	code_add(c, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL});
}

int16_t code_slot(struct code *c)
{
	return (int16_t)(-8 * (int32_t)(1 + random_below(c->random, (uint32_t)-c->deepest / 8)));
}

uint32_t code_add_condition(struct code *c)
{
	static const uint8_t ops[] = {BPF_JEQ,	BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
				      BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};
	uint8_t op = ops[random_below(c->random, sizeof(ops))];
	int32_t number = random_number(c->random);

	if (random_is(c->random, 40)) {
		code_add(c, OP_X(BPF_MOV, BPF_REG_7, BPF_REG_8));
		code_add(c, OP_K(BPF_AND, BPF_REG_7, 7));
		return code_add(c, JUMP_K(op, BPF_REG_7, number & 7));
	}
	if (random_is(c->random, 50))
		return code_add(c, JUMP32_K(op, BPF_REG_8, number));
	return code_add(c, JUMP_K(op, BPF_REG_8, number));
}

/* How much stack this function may use: mostly little, at times so much that not all fit. */
static void choose_depth(struct code *c)
{
	static const int16_t depths[] = {-8, -16, -32, -64, -72, -128, -200, -256, -400, -480};
	uint32_t first = random_is(c->random, 8) ? 6 : 0, n = first ? 4 : c->function ? 4 : 6;

	if (c->is_whole) {
		c->deepest = -512;
		code_add(c, STORE_K(BPF_DW, BPF_REG_10, c->deepest, 1));
		return;
	}
	c->deepest = depths[first + random_below(c->random, n)];
}

static void write_early_exits(struct code *c)
{
	uint32_t n = c->is_whole ? 0 : random_below(c->random, 4);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t over = code_add_condition(c);

		verdict_add(c);
		code_land(c, over);
		blocks_add(c, random_below(c->random, 3));
	}
}

static void write_main(struct code *c)
{
	uint32_t over = 0, end = 0;
	bool is_backward = !c->is_whole && random_is(c->random, 10);

	choose_depth(c);
	code_add(c, OP_X(BPF_MOV, BPF_REG_6, BPF_REG_1));
	code_add(c, OP_K(BPF_MOV, BPF_REG_8, random_number(c->random)));
	if (is_backward) {
		over = code_add(c, GOTO);
		end = c->n;
		verdict_add(c);
		code_land(c, over);
	}
	blocks_add(c, 1 + random_below(c->random, 6));
	write_early_exits(c);
	if (!is_backward) {
		verdict_add(c);
		return;
	}
	over = code_add(c, GOTO);
	c->insns[over].off = (int16_t)((int32_t)end - (int32_t)over - 1);
}

/* r1: a number, r2: the context, r3: eight bytes of the caller's stack. */
static void write_function(struct code *c)
{
	choose_depth(c);
	code_add(c, OP_X(BPF_MOV, BPF_REG_6, BPF_REG_2));
	code_add(c, OP_X(BPF_MOV, BPF_REG_8, BPF_REG_1));
	if (random_is(c->random, 60)) {
		code_add(c, LOAD(BPF_DW, BPF_REG_4, BPF_REG_3, 0));
		code_add(c, OP_X(BPF_ADD, BPF_REG_4, BPF_REG_8));
		code_add(c, STORE(BPF_DW, BPF_REG_3, 0, BPF_REG_4));
	}
	blocks_add(c, random_below(c->random, 4));
	if (random_is(c->random, 40)) {
		uint32_t over = code_add_condition(c);

		code_add(c, OP_K(BPF_MOV, BPF_REG_0, random_number(c->random)));
		code_add(c, EXIT);
		code_land(c, over);
	}
	code_add(c, OP_X(BPF_MOV, BPF_REG_0, BPF_REG_8));
	code_add(c, EXIT);
}

static bool is_called(const struct code *c, uint32_t function)
{
	for (uint32_t i = 0; i < c->n_calls; i++)
		if (c->calls[i].other == function)
			return true;
	return false;
}

/* The verifier takes no function that nobody calls. */
static void renumber(struct code *c, uint32_t gone)
{
	c->n_functions--;
	for (uint32_t i = 0; i < c->n_calls; i++)
		if (c->calls[i].other > gone)
			c->calls[i].other--;
}

void code_write(struct code *c)
{
	struct random *r = c->random;

	c->has_ld_abs = c->type == BPF_PROG_TYPE_SCHED_CLS && random_is(r, 12);
	c->has_tail_call = !c->is_target && random_is(r, 15);
	c->n_functions = 1;
	c->is_whole = !c->is_target && random_below(r, 150) == 0;
	if (!c->has_ld_abs && !c->is_whole && random_is(r, 40))
		c->n_functions += 1 + random_below(r, CODE_FUNCTION - 1);
	write_main(c);
	for (c->function = 1; c->function < c->n_functions;) {
		if (!is_called(c, c->function)) {
			renumber(c, c->function);
			continue;
		}
		c->starts[c->function] = c->n;
		write_function(c);
		c->function++;
	}
	for (uint32_t i = 0; i < c->n_calls; i++)
		c->insns[c->calls[i].insn].imm =
			(int32_t)(c->starts[c->calls[i].other] - c->calls[i].insn - 1);
}
