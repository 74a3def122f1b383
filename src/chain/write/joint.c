/* SPDX-License-Identifier: Apache-2.0 */
/* Owns proceed-on and the translations in instructions. Verdicts are 32 bits wide. Each joint has
 * an exit of its own: a shared one would be too far away in a long chain. */
#include "chain/write/joint.h"

#include <stdio.h>

#include "chain/facts.h"
#include "chain/write/lines.h"

#define COMPARES_MAX 4
#define PROCEEDS_MAX 64
#define MASK_LAST    62 /* bit of code 61 */

void joint_write_context(struct writer *w)
{
	emit(w, EMIT_LOAD(BPF_REG_1, BPF_REG_10, w->slots));
}

static uint64_t mask_of(const struct chain_member *m)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < m->n_proceed_on; i++)
		mask |= chain_verdict_bit(m->proceed_on[i]);
	return mask;
}

/* A set of many codes: one bit of a constant. Return: the jump into the next member. */
static uint32_t write_mask(struct writer *w, uint64_t mask)
{
	uint32_t outside, next;

	emit(w, EMIT_MOV32_REG(BPF_REG_1, BPF_REG_0));
	emit(w, EMIT_OP32(BPF_ADD, BPF_REG_1, 1));
	outside = emit_jump(w, EMIT_JUMP32(BPF_JGT, BPF_REG_1, MASK_LAST));
	emit(w, (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW,
				  .dst_reg = BPF_REG_2,
				  .imm = (int32_t)(uint32_t)mask});
	emit(w, (struct bpf_insn){.imm = (int32_t)(uint32_t)(mask >> 32)});
	emit(w, EMIT_OP_REG(BPF_RSH, BPF_REG_2, BPF_REG_1));
	emit(w, EMIT_OP(BPF_AND, BPF_REG_2, 1));
	next = emit_jump(w, EMIT_JUMP(BPF_JNE, BPF_REG_2, 0));
	emit_land(w, outside);
	return next;
}

static void write_translations(struct writer *w, const struct chain_member *m, uint64_t returns)
{
	const struct chain_rules *rules = w->plan->rules;

	for (size_t i = 0; i < rules->n_translations; i++) {
		const struct chain_translation *t = &rules->translations[i];
		uint32_t other;

		if (t->from == t->to || !(returns & chain_verdict_bit(t->from)))
			continue;
		other = emit_jump(w, EMIT_JUMP32(BPF_JNE, BPF_REG_0, t->from));
		emit_return(w, t->to);
		emit_land(w, other);
	}
	(void)m;
}

static void add_line(struct writer *w, size_t i)
{
	const struct chain_member *m = &w->plan->list[i];
	char text[256];
	int n = snprintf(text, sizeof(text), "member %zu \"%.64s\" ends: goes on with", i + 1,
			 m->name);

	for (size_t k = 0; k < m->n_proceed_on && n > 0 && (size_t)n < sizeof(text); k++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%d", k ? ", " : " ",
			      m->proceed_on[k]);
	if (m->n_proceed_on == 0 && n > 0 && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n, " nothing");
	lines_add(w, "chain", text);
}

void joint_write(struct writer *w, size_t i)
{
	const struct chain_member *m = &w->plan->list[i];
	uint32_t jumps[PROCEEDS_MAX], n = 0;
	uint64_t mask = mask_of(m);

	add_line(w, i);
	if (m->n_proceed_on > COMPARES_MAX && !(mask & CHAIN_RETURNS_OTHER))
		jumps[n++] = write_mask(w, mask);
	else
		for (size_t k = 0; k < m->n_proceed_on && k < PROCEEDS_MAX; k++)
			jumps[n++] =
				emit_jump(w, EMIT_JUMP32(BPF_JEQ, BPF_REG_0, m->proceed_on[k]));
	/* never taken, but the kernel wants a way to what is behind */
	if (n == 0)
		jumps[n++] = emit_jump(w, EMIT_JUMP32(BPF_JSET, BPF_REG_0, 0));
	write_translations(w, m, w->plan->members[i].facts->returns);
	emit(w, EMIT_EXIT);
	for (uint32_t k = 0; k < n; k++)
		emit_land(w, jumps[k]);
}

void joint_write_end(struct writer *w)
{
	const struct chain_rules *rules = w->plan->rules;

	emit_origin(w, UINT32_MAX, 0);
	if (w->segment.is_last) {
		lines_add(w, "chain", "every member has run");
		emit_return(w, rules->end);
		return;
	}
	lines_add(w, "chain", "to the next segment");
	joint_write_context(w);
	emit_map(w, true, CHAIN_KEY_NEXT);
	emit(w, EMIT_OP32(BPF_MOV, BPF_REG_3, 0));
	emit(w, EMIT_HELPER(HELPER_TAIL_CALL));
	emit_return(w, rules->closed);
}
