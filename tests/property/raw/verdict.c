/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the ways in which a random member comes to its verdict. */
#include "code.h"

typedef void (*verdict_fn)(struct code *c);

static int32_t choose_code(struct code *c)
{
	static const int32_t others[] = {30, 31, 61, 62, 63, 255, -2, INT32_MAX, INT32_MIN};

	if (random_is(c->random, 85))
		return (int32_t)random_below(c->random, 10) - 1;
	return others[random_below(c->random, sizeof(others) / sizeof(*others))];
}

static void add_constant(struct code *c)
{
	code_add(c, OP_K(BPF_MOV, BPF_REG_0, choose_code(c)));
}

static void add_constant32(struct code *c)
{
	code_add(c, OP32_K(BPF_MOV, BPF_REG_0, choose_code(c)));
}

/* Only the lower half is the verdict. */
static void add_wide(struct code *c)
{
	uint64_t high = random_is(c->random, 50) ? 0 : random_next(c->random) << 32;

	code_add_wide(c, BPF_REG_0, high | (uint32_t)choose_code(c));
}

static void add_masked(struct code *c)
{
	static const int32_t masks[] = {1, 3, 7, 15, 63};

	code_add(c, OP_X(BPF_MOV, BPF_REG_0, BPF_REG_8));
	code_add(c, OP_K(BPF_AND, BPF_REG_0, masks[random_below(c->random, 5)]));
	if (random_is(c->random, 50))
		code_add(c, OP32_K(BPF_SUB, BPF_REG_0, 1));
}

static void add_any(struct code *c)
{
	code_add(c, OP_X(BPF_MOV, BPF_REG_0, BPF_REG_8));
	if (random_is(c->random, 30))
		code_add(c, OP32_X(BPF_MOV, BPF_REG_0, BPF_REG_0));
}

static void add_either(struct code *c)
{
	uint32_t over;

	add_constant(c);
	over = code_add_condition(c);
	code_add(c, OP_K(BPF_MOV, BPF_REG_0, choose_code(c)));
	code_land(c, over);
}

/* A jump that says something of the verdict itself. */
static void add_narrowed(struct code *c)
{
	static const uint8_t ops[] = {BPF_JEQ,	BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
				      BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};
	uint8_t op = ops[random_below(c->random, sizeof(ops))];
	int32_t code = choose_code(c);
	uint32_t over;

	code_add(c, OP_X(BPF_MOV, BPF_REG_0, BPF_REG_8));
	if (random_is(c->random, 60))
		code_add(c, OP_K(BPF_AND, BPF_REG_0, 15));
	over = code_add(c, random_is(c->random, 50) ? JUMP_K(op, BPF_REG_0, code)
						    : JUMP32_K(op, BPF_REG_0, code));
	code_add(c, OP_K(BPF_MOV, BPF_REG_0, choose_code(c)));
	code_land(c, over);
}

static void add_computed(struct code *c)
{
	static const uint8_t ops[] = {BPF_ADD, BPF_SUB, BPF_OR,	 BPF_AND, BPF_LSH,
				      BPF_RSH, BPF_XOR, BPF_MUL, BPF_ARSH};
	uint32_t n = 1 + random_below(c->random, 3);

	if (random_is(c->random, 70))
		add_either(c);
	else
		add_masked(c);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t op = ops[random_below(c->random, sizeof(ops))];
		int32_t value = (int32_t)random_below(c->random, 8);

		if (random_is(c->random, 50))
			code_add(c, OP_K(op, BPF_REG_0, value));
		else
			code_add(c, OP32_K(op, BPF_REG_0, value));
	}
	if (random_is(c->random, 15))
		code_add(c, OP_K(BPF_NEG, BPF_REG_0, 0));
}

static void add_spilled(struct code *c)
{
	int16_t slot = code_slot(c);
	uint8_t size = random_is(c->random, 60) ? BPF_DW : BPF_W;

	if (random_is(c->random, 50)) {
		code_add(c, STORE_K(size, BPF_REG_10, slot, choose_code(c)));
	} else {
		add_either(c);
		code_add(c, STORE(size, BPF_REG_10, slot, BPF_REG_0));
	}
	if (random_is(c->random, 30)) {
		uint32_t over = code_add_condition(c);

		code_add(c, STORE_K(size, BPF_REG_10, slot, choose_code(c)));
		code_land(c, over);
	}
	if (random_is(c->random, 20)) {
		code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_10));
		code_add(c, OP_K(BPF_ADD, BPF_REG_1, slot));
		code_add(c, STORE_K(BPF_B, BPF_REG_1, 0, choose_code(c)));
	}
	code_add(c, LOAD(size, BPF_REG_0, BPF_REG_10, slot));
}

/* Through a register that is kept, or shifted out and in again. */
static void add_moved(struct code *c)
{
	add_either(c);
	if (random_is(c->random, 50)) {
		code_add(c, OP_K(BPF_LSH, BPF_REG_0, 32));
		code_add(c, OP_K(random_is(c->random, 50) ? BPF_RSH : BPF_ARSH, BPF_REG_0, 32));
		return;
	}
	code_add(c, OP_X(BPF_MOV, BPF_REG_9, BPF_REG_0));
	code_add(c, OP_K(BPF_MOV, BPF_REG_0, choose_code(c)));
	code_add(c, OP_X(BPF_MOV, BPF_REG_0, BPF_REG_9));
}

/* Of a function, whose return is the verdict. */
static void add_called(struct code *c)
{
	int16_t slot = code_slot(c);

	if (c->n_functions < 2) {
		add_either(c);
		return;
	}
	code_add(c, STORE(BPF_DW, BPF_REG_10, slot, BPF_REG_8));
	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_8));
	code_add(c, OP_X(BPF_MOV, BPF_REG_2, BPF_REG_6));
	code_add(c, OP_X(BPF_MOV, BPF_REG_3, BPF_REG_10));
	code_add(c, OP_K(BPF_ADD, BPF_REG_3, slot));
	code_add_call(c, 1 + random_below(c->random, c->n_functions - 1));
}

void verdict_add(struct code *c)
{
	static const verdict_fn ways[] = {add_constant, add_constant, add_constant32, add_wide,
					  add_masked,	add_any,      add_either,     add_narrowed,
					  add_computed, add_spilled,  add_moved,      add_called};

	ways[c->is_whole ? 0 : random_below(c->random, sizeof(ways) / sizeof(*ways))](c);
	code_add(c, EXIT);
}
