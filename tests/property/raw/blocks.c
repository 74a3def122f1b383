/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a random member does before it ends: with the packet, maps, the stack, calls, loops. */
#include "code.h"

#define HELPER_LOOKUP	   1
#define HELPER_STORE_BYTES 9
#define HELPER_TAIL_CALL   12
#define HELPER_LOAD_BYTES  26
#define HELPER_ADJUST_HEAD 44
#define HELPER_ADJUST_TAIL 65
#define PACKET_REACH	   96 /* longer than some packets are */

typedef void (*block_fn)(struct code *c);

static const uint8_t sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

static int32_t bytes_of(uint8_t size)
{
	return size == BPF_DW ? 8 : size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
}

/* r2: the packet. Return: the jump for one that is too short. */
static uint32_t add_check(struct code *c, int32_t bytes)
{
	bool is_xdp = c->type == BPF_PROG_TYPE_XDP;

	code_add(c, LOAD(BPF_W, BPF_REG_2, BPF_REG_6, is_xdp ? 0 : 76));
	code_add(c, LOAD(BPF_W, BPF_REG_3, BPF_REG_6, is_xdp ? 4 : 80));
	code_add(c, OP_X(BPF_MOV, BPF_REG_4, BPF_REG_2));
	code_add(c, OP_K(BPF_ADD, BPF_REG_4, bytes));
	return code_add(c, JUMP_X(BPF_JGT, BPF_REG_4, BPF_REG_3));
}

static void add_packet_read(struct code *c)
{
	static const uint8_t ops[] = {BPF_MOV, BPF_ADD, BPF_XOR, BPF_OR, BPF_MUL};
	uint8_t size = sizes[random_below(c->random, 4)];
	int32_t at = (int32_t)random_below(c->random, PACKET_REACH);
	uint32_t skip = add_check(c, at + bytes_of(size));

	code_add(c, LOAD(size, BPF_REG_5, BPF_REG_2, at));
	code_add(c, OP_X(ops[random_below(c->random, 5)], BPF_REG_8, BPF_REG_5));
	code_land(c, skip);
}

static void add_packet_edit(struct code *c)
{
	uint8_t size = sizes[random_below(c->random, 4)];
	int32_t at = (int32_t)random_below(c->random, PACKET_REACH);
	uint32_t skip = add_check(c, at + bytes_of(size));

	if (random_is(c->random, 40))
		code_add(c, STORE_K(size, BPF_REG_2, at, random_number(c->random)));
	else
		code_add(c, STORE(size, BPF_REG_2, at, BPF_REG_8));
	code_land(c, skip);
}

static void add_compute(struct code *c)
{
	static const uint8_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR,   BPF_AND, BPF_XOR,
				      BPF_LSH, BPF_RSH, BPF_DIV, BPF_ARSH, BPF_MOD};
	uint32_t at = random_below(c->random, sizeof(ops));
	int32_t value = random_number(c->random);

	if (at >= 6)
		value = (value & 15) + 1;
	if (random_is(c->random, 50))
		code_add(c, OP_K(ops[at], BPF_REG_8, value));
	else
		code_add(c, OP32_K(ops[at], BPF_REG_8, value));
}

static void add_head(struct code *c)
{
	int32_t delta = (int32_t)random_below(c->random, 17) - 8;
	uint32_t failed, skip;

	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_6));
	code_add(c, OP_K(BPF_MOV, BPF_REG_2, delta));
	code_add(c, HELPER(HELPER_ADJUST_HEAD));
	code_add(c, OP_X(BPF_ADD, BPF_REG_8, BPF_REG_0));
	if (delta >= 0)
		return;
	/* what was there before differs between a chain and members alone */
	failed = code_add(c, JUMP_K(BPF_JNE, BPF_REG_0, 0));
	skip = add_check(c, -delta);
	for (int32_t i = 0; i < -delta; i++)
		code_add(c, STORE_K(BPF_B, BPF_REG_2, i, random_number(c->random)));
	code_land(c, skip);
	code_land(c, failed);
}

static void add_tail(struct code *c)
{
	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_6));
	code_add(c, OP_K(BPF_MOV, BPF_REG_2, (int32_t)random_below(c->random, 33) - 16));
	code_add(c, HELPER(HELPER_ADJUST_TAIL));
	code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_0));
}

/* Bytes of the packet by helpers, through the stack. */
static void add_bytes(struct code *c)
{
	int16_t slot = code_slot(c);
	bool is_load = random_is(c->random, 50);

	code_add(c, STORE(BPF_DW, BPF_REG_10, slot, BPF_REG_8));
	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_6));
	code_add(c, OP_K(BPF_MOV, BPF_REG_2, (int32_t)random_below(c->random, PACKET_REACH)));
	code_add(c, OP_X(BPF_MOV, BPF_REG_3, BPF_REG_10));
	code_add(c, OP_K(BPF_ADD, BPF_REG_3, slot));
	code_add(c, OP_K(BPF_MOV, BPF_REG_4, 1 + (int32_t)random_below(c->random, 8)));
	code_add(c, OP_K(BPF_MOV, BPF_REG_5, 0));
	code_add(c, HELPER(is_load ? HELPER_LOAD_BYTES : HELPER_STORE_BYTES));
	code_add(c, OP_X(BPF_ADD, BPF_REG_8, BPF_REG_0));
	if (is_load) {
		code_add(c, LOAD(BPF_DW, BPF_REG_1, BPF_REG_10, slot));
		code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_1));
	}
}

/* skb->mark, or a word of skb->cb. */
static void add_context(struct code *c)
{
	uint32_t at = random_is(c->random, 40) ? 8 : 48 + 4 * random_below(c->random, 5);

	if (random_is(c->random, 50)) {
		code_add(c, STORE(BPF_W, BPF_REG_6, at, BPF_REG_8));
		return;
	}
	code_add(c, LOAD(BPF_W, BPF_REG_1, BPF_REG_6, at));
	code_add(c, OP_X(BPF_ADD, BPF_REG_8, BPF_REG_1));
}

static void add_single_value(struct code *c)
{
	uint32_t map = random_below(c->random, CODE_SINGLE);

	code_add_value(c, BPF_REG_1, map, 8 * random_below(c->random, CODE_VALUE / 8));
	if (random_is(c->random, 30)) {
		code_add(c, (struct bpf_insn){.code = BPF_STX | BPF_DW | BPF_XADD,
					      .dst_reg = BPF_REG_1,
					      .src_reg = BPF_REG_8});
		return;
	}
	code_add(c, LOAD(BPF_DW, BPF_REG_2, BPF_REG_1, 0));
	code_add(c, OP_X(BPF_ADD, BPF_REG_2, BPF_REG_8));
	code_add(c, STORE(BPF_DW, BPF_REG_1, 0, BPF_REG_2));
	if (random_is(c->random, 40))
		code_add(c, OP_X(BPF_MOV, BPF_REG_8, BPF_REG_2));
}

static void add_entry(struct code *c)
{
	int16_t slot = code_slot(c);
	uint32_t map = CODE_SINGLE + random_below(c->random, CODE_MAPS - CODE_SINGLE), skip;

	/* one in five is not there */
	code_add(c, STORE_K(BPF_W, BPF_REG_10, slot, (int32_t)random_below(c->random, 5)));
	code_add(c, OP_X(BPF_MOV, BPF_REG_2, BPF_REG_10));
	code_add(c, OP_K(BPF_ADD, BPF_REG_2, slot));
	code_add_map(c, BPF_REG_1, map);
	code_add(c, HELPER(HELPER_LOOKUP));
	skip = code_add(c, JUMP_K(BPF_JEQ, BPF_REG_0, 0));
	code_add(c, LOAD(BPF_DW, BPF_REG_3, BPF_REG_0, 8));
	code_add(c, OP_K(BPF_ADD, BPF_REG_3, random_number(c->random)));
	code_add(c, STORE(BPF_DW, BPF_REG_0, 8, BPF_REG_3));
	code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_3));
	code_land(c, skip);
}

static void add_stack(struct code *c)
{
	int16_t slot = code_slot(c), other = code_slot(c);

	code_add(c, STORE(BPF_DW, BPF_REG_10, slot, BPF_REG_8));
	code_add(c, STORE_K(BPF_DW, BPF_REG_10, other, random_number(c->random)));
	if (random_is(c->random, 40)) {
		code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_10));
		code_add(c, OP_K(BPF_ADD, BPF_REG_1, slot));
		code_add(c, STORE_K(BPF_B, BPF_REG_1, random_below(c->random, 8), 7));
	}
	code_add(c, LOAD(BPF_DW, BPF_REG_9, BPF_REG_10, slot));
	code_add(c, OP_X(BPF_ADD, BPF_REG_8, BPF_REG_9));
	code_add(c, LOAD(BPF_W, BPF_REG_9, BPF_REG_10, other));
	code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_9));
}

/* Functions call those behind them. */
static void add_function(struct code *c)
{
	uint32_t behind = c->n_functions - c->function - 1;
	int16_t slot = code_slot(c);

	if (behind == 0)
		return;
	code_add(c, STORE_K(BPF_DW, BPF_REG_10, slot, random_number(c->random)));
	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_8));
	code_add(c, OP_X(BPF_MOV, BPF_REG_2, BPF_REG_6));
	code_add(c, OP_X(BPF_MOV, BPF_REG_3, BPF_REG_10));
	code_add(c, OP_K(BPF_ADD, BPF_REG_3, slot));
	code_add_call(c, c->function + 1 + random_below(c->random, behind));
	code_add(c, OP_X(BPF_ADD, BPF_REG_8, BPF_REG_0));
	code_add(c, LOAD(BPF_DW, BPF_REG_0, BPF_REG_10, slot));
	code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_0));
}

static void add_loop(struct code *c)
{
	static const block_fn bodies[] = {add_compute, add_packet_edit, add_single_value,
					  add_packet_read};
	block_fn body = bodies[random_below(c->random, 4)];
	bool has_jump = c->may_jump && random_is(c->random, 25);
	uint32_t begin, end;

	code_add(c, OP_K(BPF_MOV, BPF_REG_7, 0));
	begin = c->n;
	if (has_jump)
		code_add(c, MAY_GOTO);
	body(c);
	code_add(c, OP_K(BPF_ADD, BPF_REG_7, 1));
	end = code_add(c, JUMP_K(BPF_JLT, BPF_REG_7, 2 + (int32_t)random_below(c->random, 5)));
	c->insns[end].off = (int16_t)((int32_t)begin - (int32_t)end - 1);
	if (has_jump)
		code_land(c, begin);
}

static void add_tail_call(struct code *c)
{
	if (!c->has_tail_call || c->function)
		return;
	code_add(c, OP_X(BPF_MOV, BPF_REG_1, BPF_REG_6));
	code_add_map(c, BPF_REG_2, CODE_ARRAY);
	if (random_is(c->random, 60)) {
		code_add(c, OP_K(BPF_MOV, BPF_REG_3, (int32_t)random_below(c->random, 5)));
	} else {
		code_add(c, OP_X(BPF_MOV, BPF_REG_3, BPF_REG_8));
		code_add(c, OP_K(BPF_AND, BPF_REG_3, 7));
	}
	code_add(c, HELPER(HELPER_TAIL_CALL));
}

/* Beyond the packet it ends the program with 0. */
static void add_ld_abs(struct code *c)
{
	uint8_t size = sizes[random_below(c->random, 3)];
	uint8_t mode = BPF_ABS;

	if (!c->has_ld_abs)
		return;
	if (random_is(c->random, 40)) {
		mode = BPF_IND;
		code_add(c, OP_X(BPF_MOV, BPF_REG_7, BPF_REG_8));
		code_add(c, OP_K(BPF_AND, BPF_REG_7, 31));
	}
	code_add(c, (struct bpf_insn){.code = (uint8_t)(BPF_LD | mode | size),
				      .src_reg = mode == BPF_IND ? BPF_REG_7 : 0,
				      .imm = (int32_t)random_below(c->random, PACKET_REACH)});
	code_add(c, OP_X(BPF_XOR, BPF_REG_8, BPF_REG_0));
}

void blocks_add(struct code *c, uint32_t n)
{
	static const block_fn blocks[] = {add_packet_read,  add_packet_edit, add_compute,
					  add_single_value, add_entry,	     add_stack,
					  add_function,	    add_function,    add_loop,
					  add_tail_call,    add_tail_call,   add_ld_abs};
	static const block_fn xdp[] = {add_head, add_tail};
	static const block_fn tc[] = {add_bytes, add_context};
	const block_fn *own = c->type == BPF_PROG_TYPE_XDP ? xdp : tc;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = random_below(c->random, 14);

		(k < 12 ? blocks[k] : own[k - 12])(c);
	}
}
