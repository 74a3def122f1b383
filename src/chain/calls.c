/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how deep the calls of a member go: in frames and in bytes of stack. */
#include "chain/facts.h"

#include <errno.h>
#include <string.h>

#include "chain/insn.h"

#define VISIT_OPEN 1
#define VISIT_DONE 2
#define DEPTH_MAX  16 /* the kernel: 8, and 8 in what runs later */

/* Offsets from the frame pointer by register; 0: none. */
struct pointers {
	int32_t below[16];
};

static void note(uint32_t *stack, int64_t offset)
{
	if (offset < 0 && offset >= -INSN_STACK_SIZE && (uint32_t)-offset > *stack)
		*stack = (uint32_t)-offset;
}

static void follow(struct pointers *p, const struct bpf_insn *in, uint32_t *stack)
{
	int64_t offset;

	if (in->code == (BPF_ALU64 | BPF_MOV | BPF_X)) {
		p->below[in->dst_reg] = in->src_reg == BPF_REG_10 ? 1 : p->below[in->src_reg];
		return;
	}
	if (in->code != (BPF_ALU64 | BPF_ADD | BPF_K) || p->below[in->dst_reg] == 0) {
		p->below[in->dst_reg] = 0;
		return;
	}
	/* 1 stands for the frame pointer itself */
	offset = (p->below[in->dst_reg] == 1 ? 0 : p->below[in->dst_reg]) + (int64_t)in->imm;
	note(stack, offset);
	p->below[in->dst_reg] = offset < 0 && offset >= -INSN_STACK_SIZE ? (int32_t)offset : 0;
}

/* By a reading in order: right for what compilers write. What the verifier counted is no less,
 * but for spills around calls that it takes away (6.12). */
static uint32_t estimate_stack(const struct bpf_insn *insns, const struct chain_function *f)
{
	struct pointers pointers = {{0}};
	uint32_t stack = 0;

	for (uint32_t i = f->start; i < f->end; i++) {
		const struct bpf_insn *in = &insns[i];
		uint8_t class = BPF_CLASS(in->code);
		bool is_store = class == BPF_ST || class == BPF_STX;

		if ((is_store && in->dst_reg == BPF_REG_10) ||
		    (class == BPF_LDX && in->src_reg == BPF_REG_10))
			note(&stack, in->off);
		if (class == BPF_ALU64)
			follow(&pointers, in, &stack);
		else if (class == BPF_LDX || class == BPF_ALU || class == BPF_LD)
			pointers.below[in->dst_reg] = 0;
	}
	return stack;
}

static void measure_stacks(struct chain_facts *facts, const struct instructions *code,
			   uint32_t round)
{
	for (size_t i = 0; i < facts->n_functions; i++) {
		struct chain_function *f = &facts->functions[i];

		f->stack = estimate_stack(code->insns, f);
		if (code->n_stacks == facts->n_functions && code->stacks[i] <= INSN_STACK_SIZE &&
		    code->stacks[i] > f->stack)
			f->stack = code->stacks[i];
		f->frame = f->stack ? (f->stack + round - 1) / round * round : round;
	}
}

static int visit(struct chain_facts *facts, const struct bpf_insn *insns, size_t at, int depth);

static int visit_callee(struct chain_facts *facts, const struct bpf_insn *insns,
			struct chain_function *f, int depth)
{
	for (uint32_t i = f->start; i < f->end; i += insn_is_wide(&insns[i]) ? 2 : 1) {
		const struct chain_function *callee;
		size_t to;
		int r;

		if (!insn_names_function(&insns[i]))
			continue;
		to = chain_facts_function(facts, (uint32_t)insn_target(&insns[i], i));
		r = visit(facts, insns, to, depth + 1);
		if (r < 0)
			return r;
		callee = &facts->functions[to];
		if (callee->frame + callee->below > f->below)
			f->below = callee->frame + callee->below;
		if (callee->frames + 1 > f->frames)
			f->frames = callee->frames + 1;
		if (callee->above_tail >= 0 &&
		    callee->above_tail + (int32_t)f->frame > f->above_tail)
			f->above_tail = callee->above_tail + (int32_t)f->frame;
	}
	return 0;
}

static int visit(struct chain_facts *facts, const struct bpf_insn *insns, size_t at, int depth)
{
	struct chain_function *f = &facts->functions[at];
	int r;

	if (f->visit == VISIT_DONE)
		return 0;
	if (f->visit == VISIT_OPEN || depth >= DEPTH_MAX)
		return -EINVAL;
	f->visit = VISIT_OPEN;
	f->frames = 1;
	f->above_tail = f->has_tail_call ? 0 : -1;
	r = visit_callee(facts, insns, f, depth);
	f->visit = VISIT_DONE;
	return r;
}

int chain_calls_measure(struct chain_facts *facts, const struct chain_member *member,
			const struct chain_limits *limits)
{
	measure_stacks(facts, member->code, limits->stack_round ? limits->stack_round : 1);
	return visit(facts, member->code->insns, 0, 0);
}
