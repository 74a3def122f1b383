/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the instructions that count. Whether a packet is sampled is read from memory each time, so
 * that the verifier need not follow both cases through the whole chain. */
#include "chain/write/stats.h"

#include <stddef.h>

#include "chain/write/joint.h"

#define TICKS	 offsetof(struct chain_counters, ticks)
#define STARTED	 offsetof(struct chain_counters, started)
#define COUNTERS (w->slots - 8)
#define KEY	 (w->slots - 16)

static void load_counters(struct writer *w)
{
	emit(w, EMIT_LOAD(BPF_REG_1, BPF_REG_10, COUNTERS));
}

/* Once a packet: the tick, and whether it is a sample. r0 points to the counters. */
static void write_tick(struct writer *w)
{
	uint32_t jump;

	emit(w, EMIT_LOAD(BPF_REG_1, BPF_REG_0, TICKS));
	emit(w, EMIT_OP(BPF_ADD, BPF_REG_1, 1));
	emit(w, EMIT_STORE(BPF_REG_0, TICKS, BPF_REG_1));
	emit(w, EMIT_OP(BPF_AND, BPF_REG_1, CHAIN_SAMPLE - 1));
	emit(w, EMIT_OP(BPF_MOV, BPF_REG_2, 0));
	jump = emit_jump(w, EMIT_JUMP(BPF_JNE, BPF_REG_1, 0));
	emit(w, EMIT_OP(BPF_MOV, BPF_REG_2, 1));
	emit_land(w, jump);
	emit(w, EMIT_STORE(BPF_REG_0, STARTED, BPF_REG_2));
}

/* Once a run: in the first segment that counts anything. */
static bool has_tick(const struct writer *w)
{
	for (uint32_t i = 0; i < w->number; i++)
		if (chain_segment_has_stats(w->plan, chain_segment_get(w->plan, i)))
			return false;
	return true;
}

void stats_write_prologue(struct writer *w)
{
	uint32_t found;

	emit(w, (struct bpf_insn){.code = BPF_ST | BPF_MEM | BPF_W,
				  .dst_reg = BPF_REG_10,
				  .off = (int16_t)KEY});
	emit(w, EMIT_OP_REG(BPF_MOV, BPF_REG_2, BPF_REG_10));
	emit(w, EMIT_OP(BPF_ADD, BPF_REG_2, KEY));
	emit_map(w, false, CHAIN_KEY_STATS);
	emit(w, EMIT_HELPER(HELPER_MAP_LOOKUP));
	found = emit_jump(w, EMIT_JUMP(BPF_JNE, BPF_REG_0, 0));
	emit_return(w, w->plan->rules->closed);
	emit_land(w, found);
	emit(w, EMIT_STORE(BPF_REG_10, COUNTERS, BPF_REG_0));
	if (has_tick(w))
		write_tick(w);
}

void stats_write_start(struct writer *w, size_t i)
{
	uint32_t jump;

	if (w->plan->list[i].slot < 0) {
		w->is_started = false;
		return;
	}
	/* the end of the counted member before wrote the time already */
	if (w->is_started)
		return;
	load_counters(w);
	emit(w, EMIT_LOAD(BPF_REG_2, BPF_REG_1, STARTED));
	jump = emit_jump(w, EMIT_JUMP(BPF_JEQ, BPF_REG_2, 0));
	emit(w, EMIT_HELPER(HELPER_KTIME));
	load_counters(w);
	emit(w, EMIT_STORE(BPF_REG_1, STARTED, BPF_REG_0));
	emit_land(w, jump);
	w->is_started = true;
}

static bool is_contiguous(const struct chain_rules *rules)
{
	for (size_t i = 1; i < rules->n_counted; i++)
		if (rules->counted[i] != rules->counted[0] + (int32_t)i)
			return false;
	return true;
}

/* Codes that have no counter of their own share the last. */
static int32_t index_of_others(const struct chain_rules *rules)
{
	return rules->n_counted < CHAIN_COUNTED_MAX ? (int32_t)rules->n_counted
						    : CHAIN_COUNTED_MAX - 1;
}

/* r2 = index of the counter for r0. */
static void write_index(struct writer *w)
{
	const struct chain_rules *rules = w->plan->rules;
	int32_t others = index_of_others(rules);
	uint32_t jumps[CHAIN_COUNTED_MAX];

	if (rules->n_counted > 0 && is_contiguous(rules)) {
		emit(w, EMIT_MOV32_REG(BPF_REG_2, BPF_REG_0));
		if (rules->counted[0] != 0)
			emit(w, EMIT_OP32(BPF_SUB, BPF_REG_2, rules->counted[0]));
		jumps[0] = emit_jump(w, EMIT_JUMP32(BPF_JLT, BPF_REG_2, others));
		emit(w, EMIT_OP32(BPF_MOV, BPF_REG_2, others));
		emit_land(w, jumps[0]);
		return;
	}
	for (size_t i = 0; i < rules->n_counted; i++) {
		emit(w, EMIT_OP32(BPF_MOV, BPF_REG_2, (int32_t)i));
		jumps[i] = emit_jump(w, EMIT_JUMP32(BPF_JEQ, BPF_REG_0, rules->counted[i]));
	}
	emit(w, EMIT_OP32(BPF_MOV, BPF_REG_2, others));
	for (size_t i = 0; i < rules->n_counted; i++)
		emit_land(w, jumps[i]);
}

/* *(r1 + offset) += 1 */
static void write_increment(struct writer *w, size_t offset)
{
	emit(w, EMIT_LOAD(BPF_REG_4, BPF_REG_1, offset));
	emit(w, EMIT_OP(BPF_ADD, BPF_REG_4, 1));
	emit(w, EMIT_STORE(BPF_REG_1, offset, BPF_REG_4));
}

/* Of a sample: the time since the last one. */
static void write_time(struct writer *w, size_t slot)
{
	size_t time = slot + offsetof(struct chain_counter, time_ns);

	emit(w, EMIT_OP_REG(BPF_MOV, BPF_REG_6, BPF_REG_0));
	emit(w, EMIT_HELPER(HELPER_KTIME));
	load_counters(w);
	emit(w, EMIT_LOAD(BPF_REG_2, BPF_REG_1, STARTED));
	emit(w, EMIT_STORE(BPF_REG_1, STARTED, BPF_REG_0));
	emit(w, EMIT_OP_REG(BPF_SUB, BPF_REG_0, BPF_REG_2));
	emit(w, EMIT_LOAD(BPF_REG_4, BPF_REG_1, time));
	emit(w, EMIT_OP_REG(BPF_ADD, BPF_REG_4, BPF_REG_0));
	emit(w, EMIT_STORE(BPF_REG_1, time, BPF_REG_4));
	write_increment(w, slot + offsetof(struct chain_counter, samples));
	emit(w, EMIT_OP_REG(BPF_MOV, BPF_REG_0, BPF_REG_6));
}

void stats_write_end(struct writer *w, size_t i)
{
	size_t slot;
	uint32_t jump;

	if (w->plan->list[i].slot < 0)
		return;
	slot = offsetof(struct chain_counters, slots) +
	       (size_t)w->plan->list[i].slot * sizeof(struct chain_counter);
	load_counters(w);
	emit(w, EMIT_LOAD(BPF_REG_3, BPF_REG_1, STARTED));
	write_index(w);
	emit(w, EMIT_OP(BPF_LSH, BPF_REG_2, 3));
	emit(w, EMIT_OP_REG(BPF_ADD, BPF_REG_1, BPF_REG_2));
	write_increment(w, slot + offsetof(struct chain_counter, verdicts));
	jump = emit_jump(w, EMIT_JUMP(BPF_JEQ, BPF_REG_3, 0));
	write_time(w, slot);
	emit_land(w, jump);
}
