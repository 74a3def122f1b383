/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the blocks are. Each leaves r6 and r7 as they are meant, and nothing else. */
#include "blocks.h"

#include <string.h>

#include "base/cleanup.h"

#define STACK_DEPTH   200
#define FUNCTIONS_MAX (MEMBER_FUNCTIONS - 1)
#define MAIN_LIMIT    220 /* instructions behind which no block begins */

static uint32_t put(struct blocks *b, struct bpf_insn insn)
{
	b->m->insns[b->n] = insn;
	return b->n++;
}

static void op(struct blocks *b, uint8_t code, uint8_t dst, int32_t imm)
{
	put(b,
	    (struct bpf_insn){.code = BPF_ALU64 | code | BPF_K, .dst_reg = dst & 15u, .imm = imm});
}

static void op_reg(struct blocks *b, uint8_t code, uint8_t dst, uint8_t src)
{
	put(b, (struct bpf_insn){.code = BPF_ALU64 | code | BPF_X,
				 .dst_reg = dst & 15u,
				 .src_reg = src & 15u});
}

/* Memory: a register and what is added to it. */
struct at {
	uint8_t reg;
	int off;
};

static void load(struct blocks *b, uint8_t size, uint8_t dst, struct at from)
{
	put(b, (struct bpf_insn){.code = BPF_LDX | BPF_MEM | size,
				 .dst_reg = dst & 15u,
				 .src_reg = from.reg & 15u,
				 .off = (int16_t)from.off});
}

static void store(struct blocks *b, uint8_t size, struct at to, uint8_t src)
{
	put(b, (struct bpf_insn){.code = BPF_STX | BPF_MEM | size,
				 .dst_reg = to.reg & 15u,
				 .src_reg = src & 15u,
				 .off = (int16_t)to.off});
}

static void call(struct blocks *b, int32_t helper)
{
	put(b, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = helper});
}

/* A jump to be landed. */
static uint32_t jump(struct blocks *b, uint8_t code, uint8_t dst, int32_t imm)
{
	return put(b, (struct bpf_insn){
			      .code = BPF_JMP | code | BPF_K, .dst_reg = dst & 15u, .imm = imm});
}

static void land(struct blocks *b, uint32_t at)
{
	b->m->insns[at].off = (int16_t)(b->n - at - 1);
}

static void map(struct blocks *b, uint8_t kind, uint32_t which, int32_t offset)
{
	uint32_t at = put(b, (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW,
					       .dst_reg = BPF_REG_1,
					       .src_reg = kind & 15u,
					       .imm = (int32_t)which});

	put(b, (struct bpf_insn){.imm = offset});
	b->m->refs[b->n_refs++] = (struct map_ref){at, which};
}

static bool is_xdp(const struct blocks *b)
{
	return b->rules->program_type == BPF_PROG_TYPE_XDP;
}

int32_t blocks_verdict(struct dice *dice, const struct chain_rules *rules)
{
	static const int32_t xdp[] = {0, 1, 2, 2, 2, 2, 3, 4, 31, 7, 31};
	static const int32_t tc[] = {-1, -1, -1, -1, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 30, 99};

	if (dice_percent(dice, 2))
		return (int32_t)dice_next(dice);
	return rules->program_type == BPF_PROG_TYPE_XDP ? xdp[dice_below(dice, array_size(xdp))]
							: tc[dice_below(dice, array_size(tc))];
}

static void leave(struct blocks *b)
{
	/* A verdict that is computed: three of them by two bits of r7. */
	if (dice_percent(b->dice, 30)) {
		uint32_t other;

		op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_7);
		op(b, BPF_AND, BPF_REG_1, 3);
		op(b, BPF_MOV, BPF_REG_0, blocks_verdict(b->dice, b->rules));
		other = jump(b, BPF_JEQ, BPF_REG_1, (int32_t)dice_below(b->dice, 4));
		op(b, BPF_MOV, BPF_REG_0, blocks_verdict(b->dice, b->rules));
		land(b, other);
		if (dice_percent(b->dice, 30))
			op_reg(b, BPF_ADD, BPF_REG_0, BPF_REG_1);
	} else {
		op(b, BPF_MOV, BPF_REG_0, blocks_verdict(b->dice, b->rules));
	}
	put(b, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

/* r2: the packet at @offset; the block is left when it is shorter. Return: the jump to land. */
static uint32_t reach(struct blocks *b, int offset)
{
	load(b, BPF_W, BPF_REG_2, (struct at){BPF_REG_6, is_xdp(b) ? 0 : 76});
	load(b, BPF_W, BPF_REG_3, (struct at){BPF_REG_6, is_xdp(b) ? 4 : 80});
	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_2);
	op(b, BPF_ADD, BPF_REG_1, offset + 4);
	return put(b, (struct bpf_insn){.code = BPF_JMP | BPF_JGT | BPF_X,
					.dst_reg = BPF_REG_1,
					.src_reg = BPF_REG_3});
}

static void read_packet(struct blocks *b)
{
	int offset = (int)dice_below(b->dice, 60);
	uint32_t out = reach(b, offset);

	load(b, dice_percent(b->dice, 50) ? BPF_B : BPF_W, BPF_REG_0,
	     (struct at){BPF_REG_2, offset});
	op_reg(b, dice_percent(b->dice, 50) ? BPF_ADD : BPF_XOR, BPF_REG_7, BPF_REG_0);
	land(b, out);
}

static void edit_packet(struct blocks *b)
{
	/* behind the Ethernet header, whose type decides how a packet is fed in again */
	int offset = 14 + (int)dice_below(b->dice, 46);
	uint32_t out = reach(b, offset);

	if (dice_percent(b->dice, 50))
		store(b, BPF_B, (struct at){BPF_REG_2, offset}, BPF_REG_7);
	else
		put(b, (struct bpf_insn){.code = BPF_ST | BPF_MEM | BPF_H,
					 .dst_reg = BPF_REG_2,
					 .off = (int16_t)offset,
					 .imm = (int32_t)dice_below(b->dice, 65536)});
	land(b, out);
}

/* Little: behind the packet is no more room than the kernel gives it. In front it only shrinks:
 * what was cut off by another member would come back, but not in a packet that is fed in again. */
static void adjust_packet(struct blocks *b)
{
	static const int32_t by[] = {-8, -4, 2, 4, 8};
	bool is_head = dice_percent(b->dice, 50);
	int32_t change = by[dice_below(b->dice, array_size(by))];

	if (b->n_adjusted++ >= 2)
		return;
	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_6);
	if (is_xdp(b)) {
		op(b, BPF_MOV, BPF_REG_2, is_head && change < 0 ? -change : change);
		call(b, is_head ? BPF_FUNC_xdp_adjust_head : BPF_FUNC_xdp_adjust_tail);
	} else {
		op(b, BPF_MOV, BPF_REG_2, 60 + (int32_t)dice_below(b->dice, 100));
		op(b, BPF_MOV, BPF_REG_3, 0);
		call(b, BPF_FUNC_skb_change_tail);
	}
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_0);
}

static void add_value(struct blocks *b)
{
	map(b, BPF_PSEUDO_MAP_VALUE, dice_percent(b->dice, 50) ? WORLD_FIRST : WORLD_SECOND,
	    8 * (int32_t)dice_below(b->dice, WORLD_VALUES));
	load(b, BPF_DW, BPF_REG_2, (struct at){BPF_REG_1, 0});
	op_reg(b, BPF_ADD, BPF_REG_2, BPF_REG_7);
	store(b, BPF_DW, (struct at){BPF_REG_1, 0}, BPF_REG_2);
	op_reg(b, BPF_XOR, BPF_REG_7, BPF_REG_2);
}

static void put_key(struct blocks *b, uint32_t n)
{
	put(b, (struct bpf_insn){.code = BPF_ST | BPF_MEM | BPF_W,
				 .dst_reg = BPF_REG_10,
				 .off = -4,
				 .imm = (int32_t)dice_below(b->dice, n)});
	op_reg(b, BPF_MOV, BPF_REG_2, BPF_REG_10);
	op(b, BPF_ADD, BPF_REG_2, -4);
}

static void look_up(struct blocks *b)
{
	bool is_hash = dice_percent(b->dice, 50);
	uint32_t out;

	put_key(b, is_hash ? WORLD_KEYS : WORLD_ENTRIES);
	map(b, BPF_PSEUDO_MAP_FD, is_hash ? WORLD_HASH : WORLD_LOOKED_UP, 0);
	call(b, BPF_FUNC_map_lookup_elem);
	out = jump(b, BPF_JEQ, BPF_REG_0, 0);
	load(b, BPF_DW, BPF_REG_1, (struct at){BPF_REG_0, 0});
	op(b, BPF_ADD, BPF_REG_1, 1 + (int32_t)dice_below(b->dice, 1000));
	store(b, BPF_DW, (struct at){BPF_REG_0, 0}, BPF_REG_1);
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_1);
	land(b, out);
}

static void update(struct blocks *b)
{
	put_key(b, WORLD_KEYS);
	store(b, BPF_DW, (struct at){BPF_REG_10, -16}, BPF_REG_7);
	map(b, BPF_PSEUDO_MAP_FD, WORLD_HASH, 0);
	op_reg(b, BPF_MOV, BPF_REG_3, BPF_REG_10);
	op(b, BPF_ADD, BPF_REG_3, -16);
	op(b, BPF_MOV, BPF_REG_4, (int32_t)dice_below(b->dice, 3));
	call(b, BPF_FUNC_map_update_elem);
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_0);
}

static void use_stack(struct blocks *b)
{
	int at = -8 * (1 + (int)dice_below(b->dice, STACK_DEPTH / 8));

	store(b, BPF_DW, (struct at){BPF_REG_10, at}, BPF_REG_7);
	op(b, BPF_MUL, BPF_REG_7, 3 + (int32_t)dice_below(b->dice, 100));
	load(b, BPF_DW, BPF_REG_1, (struct at){BPF_REG_10, at});
	op_reg(b, BPF_XOR, BPF_REG_7, BPF_REG_1);
}

static void loop(struct blocks *b)
{
	uint32_t begin, at;

	op(b, BPF_MOV, BPF_REG_8, 2 + (int32_t)dice_below(b->dice, 8));
	begin = b->n;
	op(b, BPF_MUL, BPF_REG_7, 31);
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_8);
	op(b, BPF_SUB, BPF_REG_8, 1);
	at = jump(b, BPF_JNE, BPF_REG_8, 0);
	b->m->insns[at].off = (int16_t)((int)begin - (int)at - 1);
}

static void call_function(struct blocks *b)
{
	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_7);
	op(b, BPF_MOV, BPF_REG_2, (int32_t)dice_below(b->dice, 1000));
	b->calls[b->n_calls++] =
		put(b, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL});
	op_reg(b, BPF_XOR, BPF_REG_7, BPF_REG_0);
}

static void leave_early(struct blocks *b)
{
	uint32_t stay;

	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_7);
	op(b, BPF_AND, BPF_REG_1, 7);
	stay = jump(b, BPF_JNE, BPF_REG_1, (int32_t)dice_below(b->dice, 8));
	leave(b);
	land(b, stay);
}

static void read_absolute(struct blocks *b)
{
	static const uint8_t sizes[] = {BPF_B, BPF_H, BPF_W};

	put(b, (struct bpf_insn){.code = (uint8_t)(BPF_LD | BPF_ABS |
						   sizes[dice_below(b->dice, array_size(sizes))]),
				 .imm = (int32_t)dice_below(b->dice, 70)});
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_0);
}

static void jump_away(struct blocks *b)
{
	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_6);
	map(b, BPF_PSEUDO_MAP_FD, _WORLD_MAPS, 0);
	op_reg(b, BPF_MOV, BPF_REG_2, BPF_REG_1);
	op_reg(b, BPF_MOV, BPF_REG_1, BPF_REG_6);
	op(b, BPF_MOV, BPF_REG_3, 0);
	call(b, BPF_FUNC_tail_call);
}

/* @weight: out of the sum. @is_for_functions: needs no context. */
static const struct {
	void (*write)(struct blocks *b);
	char letter;
	uint32_t weight;
	bool is_for_functions;
} table[] = {
	{read_packet, 'r', 12, false},	{edit_packet, 'e', 12, false},
	{adjust_packet, 'a', 5, false}, {add_value, 'v', 12, true},
	{look_up, 'l', 10, true},	{update, 'u', 6, true},
	{use_stack, 's', 10, true},	{loop, 'o', 6, true},
	{call_function, 'c', 8, false}, {leave_early, 'x', 10, false},
	{read_absolute, 'b', 2, false},
};

static bool is_possible(const struct blocks *b, size_t i)
{
	if (b->is_function)
		return table[i].is_for_functions;
	if (table[i].write == read_absolute)
		return !is_xdp(b) && !b->has_tail_call;
	return table[i].write != call_function || b->n_calls < 4;
}

static void write_block(struct blocks *b)
{
	uint32_t sum = 0, at;
	size_t i = 0;

	for (i = 0; i < array_size(table); i++)
		sum += is_possible(b, i) ? table[i].weight : 0;
	at = dice_below(b->dice, sum);
	for (i = 0; i < array_size(table); i++) {
		uint32_t weight = is_possible(b, i) ? table[i].weight : 0;

		if (at < weight)
			break;
		at -= weight;
	}
	table[i].write(b);
	if (strlen(b->m->words) + 2 < sizeof(b->m->words))
		b->m->words[strlen(b->m->words)] = table[i].letter;
}

/* r1, r2: two numbers; the result is one. Its first stack bytes are its own. */
static void write_function(struct blocks *b)
{
	b->is_function = true;
	op_reg(b, BPF_MOV, BPF_REG_7, BPF_REG_1);
	op_reg(b, BPF_ADD, BPF_REG_7, BPF_REG_2);
	for (uint32_t i = 1 + dice_below(b->dice, 3); i > 0; i--)
		write_block(b);
	op_reg(b, BPF_MOV, BPF_REG_0, BPF_REG_7);
	put(b, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
	b->is_function = false;
}

static void write_functions(struct blocks *b)
{
	uint32_t n = 1 + dice_below(b->dice, FUNCTIONS_MAX);
	uint32_t calls = b->n_calls;

	/* each is called, or it would not be there */
	n = n < calls ? n : calls;
	for (uint32_t f = 0; f < n; f++) {
		uint32_t begin = b->n;

		write_function(b);
		for (uint32_t i = f; i < calls; i += n)
			b->m->insns[b->calls[i]].imm = (int32_t)(begin - b->calls[i] - 1);
	}
}

void blocks_write(struct blocks *b)
{
	uint32_t n = 1 + dice_below(b->dice, 7);

	op_reg(b, BPF_MOV, BPF_REG_6, BPF_REG_1);
	op(b, BPF_MOV, BPF_REG_7, (int32_t)dice_next(b->dice));
	for (uint32_t i = 0; i < n && b->n < MAIN_LIMIT; i++)
		write_block(b);
	if (b->has_tail_call)
		jump_away(b);
	leave(b);
	write_functions(b);
}
