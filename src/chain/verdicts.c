/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the analysis of what a program may return: which numbers may be in which register and which
 * slot of the stack, over all paths at once. Errs to "may" only. */
#include "chain/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "chain/insn.h"
#include "chain/sets.h"

#define REGISTERS	      11
#define SLOTS		      (INSN_STACK_SIZE / 4)
#define STATES_MAX	      65536 /* 73 MiB */
#define VISITS_EACH	      32
#define PASSES_MAX	      20
#define HELPER_REDIRECT	      23
#define HELPER_REDIRECT_MAP   51
#define HELPER_REDIRECT_NEIGH 152
#define HELPER_REDIRECT_PEER  155

/* What holds where a jump or a call arrives. Only the lower 32 bits of registers are described. */
struct state {
	uint64_t at[REGISTERS + SLOTS];
	uint64_t returns; /* of the function that begins here */
	uint32_t insn;
	uint32_t pass; /* in which it was last run, 0: not reached */
	bool is_queued;
	bool is_function;
};

/**
 * struct analysis - of one program.
 * @index:  by instruction: 1 + the state there, 0: none.
 * @safe:   slots below this offset are reached by spills only; others are not followed.
 * @is_vague: given up: anything may be returned.
 */
struct analysis {
	const struct bpf_insn *insns;
	uint32_t n;
	uint64_t redirect;
	uint32_t *index;
	struct state *states;
	uint32_t n_states;
	uint32_t *queue;
	uint32_t n_queue;
	int32_t safe;
	uint32_t pass;
	uint64_t visits;
	bool is_vague;
	bool has_changed;
	struct state *function;
};

static int64_t call_target(const struct bpf_insn *in, uint32_t at)
{
	/* the kernel's own copy has the distance in .off */
	return (int64_t)at + 1 + (in->off ? in->off : in->imm);
}

static int mark(struct analysis *a, int64_t target)
{
	if (target < 0 || target >= a->n)
		return -EINVAL;
	if (!a->index[target])
		a->index[target] = ++a->n_states;
	return 0;
}

/* Pointers into the stack may be written through, upward from where they point. */
static void note_pointer(struct analysis *a, uint32_t i)
{
	const struct bpf_insn *in = &a->insns[i], *next = in + 1;
	int32_t low = -INSN_STACK_SIZE;

	if (i + 1 < a->n && next->code == (BPF_ALU64 | BPF_ADD | BPF_K) &&
	    next->dst_reg == in->dst_reg && next->imm < 0 && next->imm > low)
		low = next->imm & ~3;
	if (low < a->safe)
		a->safe = low;
}

static int find_states(struct analysis *a)
{
	int r = mark(a, 0);

	for (uint32_t i = 0; i < a->n && r == 0; i++) {
		const struct bpf_insn *in = &a->insns[i];

		if (insn_is_jump(in) && in->code != INSN_GOTOX)
			r = mark(a, insn_target(in, i));
		else if (insn_is_call(in))
			mark(a, call_target(in, i));
		else if (BPF_SRC(in->code) == BPF_X && in->src_reg == BPF_REG_10 &&
			 (BPF_CLASS(in->code) == BPF_ALU64 || BPF_CLASS(in->code) == BPF_ALU))
			note_pointer(a, i);
		else if (BPF_CLASS(in->code) == BPF_STX && in->src_reg == BPF_REG_10)
			a->safe = -INSN_STACK_SIZE;
		if (in->code == INSN_GOTOX)
			a->is_vague = true;
		if (insn_is_wide(in))
			i++;
	}
	return r;
}

static int make_states(struct analysis *a)
{
	if (a->n_states > STATES_MAX)
		a->is_vague = true;
	if (a->is_vague)
		return 0;
	a->states = calloc(a->n_states, sizeof(*a->states));
	a->queue = calloc(a->n_states, sizeof(*a->queue));
	if (!a->states || !a->queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->n; i++)
		if (a->index[i])
			a->states[a->index[i] - 1].insn = i;
	a->states[a->index[0] - 1].is_function = true;
	for (uint32_t i = 0; i < a->n; i += insn_is_wide(&a->insns[i]) ? 2 : 1) {
		int64_t target = call_target(&a->insns[i], i);

		if (insn_is_call(&a->insns[i]) && target >= 0 && target < a->n)
			a->states[a->index[target] - 1].is_function = true;
	}
	return 0;
}

/* @state arrives at the instruction. */
static void arrive(struct analysis *a, int64_t target, const struct state *state)
{
	struct state *to = &a->states[a->index[target] - 1];
	bool has_changed = to->pass != a->pass;

	for (size_t i = 0; i < array_size(to->at); i++) {
		has_changed |= (to->at[i] | state->at[i]) != to->at[i];
		to->at[i] |= state->at[i];
	}
	to->pass = a->pass;
	if (!has_changed || to->is_queued)
		return;
	to->is_queued = true;
	a->queue[a->n_queue++] = (uint32_t)(to - a->states);
}

/* "r <<= 32; r >>= 32" clears or copies the upper half: nothing for us. */
static bool is_extension(const struct analysis *a, uint32_t i)
{
	const struct bpf_insn *in = &a->insns[i], *next = in + 1;

	return i + 1 < a->n && !a->index[i + 1] && in->code == (BPF_ALU64 | BPF_LSH | BPF_K) &&
	       in->imm == 32 && next->imm == 32 && next->dst_reg == in->dst_reg &&
	       (next->code == (BPF_ALU64 | BPF_RSH | BPF_K) ||
		next->code == (BPF_ALU64 | BPF_ARSH | BPF_K));
}

static void run_alu(const struct bpf_insn *in, struct state *s)
{
	uint64_t *dst = &s->at[in->dst_reg];

	if (BPF_OP(in->code) != BPF_MOV)
		*dst = chain_set_compute(*dst, in);
	else if (BPF_SRC(in->code) == BPF_K)
		*dst = chain_verdict_bit(in->imm);
	else
		*dst = in->off == 0 && in->src_reg < REGISTERS ? s->at[in->src_reg] : UNKNOWN;
}

/* The slot of an access by the frame pointer; NULL: one that is not followed. */
static uint64_t *find_slot(const struct analysis *a, struct state *s, int32_t offset)
{
	if (offset >= a->safe || offset < -INSN_STACK_SIZE || offset % 4 != 0)
		return NULL;
	return &s->at[REGISTERS + (offset + INSN_STACK_SIZE) / 4];
}

/* Whatever is touched is unknown; then the first word gets @value. */
static void run_store(const struct analysis *a, const struct bpf_insn *in, struct state *s,
		      uint64_t value)
{
	uint8_t size = BPF_SIZE(in->code);
	uint64_t *slot;

	if (in->dst_reg != BPF_REG_10)
		return;
	for (int32_t byte = 0; byte < (size == BPF_DW ? 8 : 4); byte++) {
		slot = find_slot(a, s, (in->off + byte) & ~3);
		if (slot)
			*slot = UNKNOWN;
	}
	slot = find_slot(a, s, in->off);
	if (slot && (size == BPF_DW || size == BPF_W) && BPF_MODE(in->code) == BPF_MEM)
		*slot = value;
}

static void run_stx(const struct analysis *a, const struct bpf_insn *in, struct state *s)
{
	run_store(a, in, s, s->at[in->src_reg < REGISTERS ? in->src_reg : 0]);
	if (BPF_MODE(in->code) != BPF_ATOMIC)
		return;
	s->at[0] = UNKNOWN;
	if (in->src_reg < REGISTERS)
		s->at[in->src_reg] = UNKNOWN;
	if (in->imm == INSN_LOAD_ACQ)
		s->at[in->dst_reg] = UNKNOWN;
}

static void run_ldx(const struct analysis *a, const struct bpf_insn *in, struct state *s)
{
	uint8_t size = BPF_SIZE(in->code);
	const uint64_t *slot = NULL;

	if (in->src_reg == BPF_REG_10 && BPF_MODE(in->code) == BPF_MEM &&
	    (size == BPF_DW || size == BPF_W))
		slot = find_slot(a, s, in->off);
	s->at[in->dst_reg] = slot ? *slot : UNKNOWN;
}

static void run_ld(const struct bpf_insn *in, struct state *s)
{
	if (!insn_is_wide(in)) {
		s->at[0] = UNKNOWN; /* LD_ABS, LD_IND */
		return;
	}
	s->at[in->dst_reg] = UNKNOWN;
	/* a half of a number may be the code, and the number another */
	if (in->src_reg == 0 && in[1].imm == (in->imm < 0 ? -1 : 0))
		s->at[in->dst_reg] = chain_verdict_bit(in->imm);
}

static uint64_t call_result(struct analysis *a, uint32_t i)
{
	const struct bpf_insn *in = &a->insns[i];
	int64_t target = call_target(in, i);

	if (insn_is_call(in)) {
		if (target < 0 || target >= a->n)
			return UNKNOWN;
		return a->states[a->index[target] - 1].returns;
	}
	if (!insn_is_helper(in))
		return UNKNOWN;
	if (in->imm == HELPER_REDIRECT || in->imm == HELPER_REDIRECT_NEIGH ||
	    in->imm == HELPER_REDIRECT_PEER)
		return a->redirect;
	if (in->imm == HELPER_REDIRECT_MAP)
		return chain_verdict_bit(0) | chain_verdict_bit(1) | chain_verdict_bit(2) |
		       chain_verdict_bit(3) | chain_verdict_bit(4);
	return UNKNOWN;
}

static void add_returns(struct analysis *a, uint64_t set)
{
	a->has_changed |= (a->function->returns | set) != a->function->returns;
	a->function->returns |= set;
}

/* Return: does the program go on behind it? */
static bool run_call(struct analysis *a, uint32_t i, struct state *s)
{
	uint64_t result = call_result(a, i);

	if (insn_is_helper(&a->insns[i]) && a->insns[i].imm == HELPER_TAIL_CALL)
		add_returns(a, UNKNOWN);
	for (size_t reg = 0; reg <= 5; reg++)
		s->at[reg] = UNKNOWN;
	s->at[0] = result;
	return result != 0;
}

/* Return: does the program go on behind it? */
static bool run_jump(struct analysis *a, uint32_t i, struct state *s)
{
	const struct bpf_insn *in = &a->insns[i];
	bool is_narrow = BPF_SRC(in->code) == BPF_K && in->code != (BPF_JMP | INSN_JCOND) &&
			 in->dst_reg < REGISTERS;
	uint64_t *reg = &s->at[is_narrow ? in->dst_reg : 0];
	uint64_t whole = *reg;

	if (insn_is_goto(in)) {
		arrive(a, insn_target(in, i), s);
		return false;
	}
	if (is_narrow)
		*reg = chain_set_narrow(whole, in, true);
	if (*reg)
		arrive(a, insn_target(in, i), s);
	if (is_narrow)
		*reg = chain_set_narrow(whole, in, false);
	return *reg != 0;
}

/* One instruction; *i moves over what it takes. Return: does the program go on behind it? */
static bool run_one(struct analysis *a, uint32_t *i, struct state *s)
{
	const struct bpf_insn *in = &a->insns[*i];

	if (in->dst_reg >= REGISTERS && !insn_is_call(in))
		return true;
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (is_extension(a, *i))
			*i += 1;
		else
			run_alu(in, s);
		return true;
	case BPF_ST:
		run_store(a, in, s, chain_verdict_bit(in->imm));
		return true;
	case BPF_STX:
		run_stx(a, in, s);
		return true;
	case BPF_LDX:
		run_ldx(a, in, s);
		return true;
	case BPF_LD:
		if (!insn_is_wide(in))
			add_returns(a, chain_verdict_bit(0)); /* LD_ABS, LD_IND that miss */
		run_ld(in, s);
		*i += insn_is_wide(in);
		return true;
	default:
		break;
	}
	if (BPF_OP(in->code) == BPF_CALL)
		return run_call(a, *i, s);
	if (BPF_OP(in->code) != BPF_EXIT)
		return run_jump(a, *i, s);
	add_returns(a, s->at[0]);
	return false;
}

static int run_block(struct analysis *a, uint32_t at)
{
	struct state s = a->states[at];
	uint32_t i = s.insn;

	for (;;) {
		if (i >= a->n)
			return -EINVAL;
		if (a->index[i] && i != s.insn) {
			arrive(a, i, &s);
			return 0;
		}
		/* second halves are passed over, so a->insns[i + 1] is there */
		if (insn_is_wide(&a->insns[i]) && i + 1 >= a->n)
			return -EINVAL;
		if (!run_one(a, &i, &s))
			return 0;
		i++;
	}
}

static int run_function(struct analysis *a, struct state *function)
{
	struct state entry;
	int r = 0;

	memset(entry.at, 0xff, sizeof(entry.at));
	a->function = function;
	arrive(a, function->insn, &entry);
	while (a->n_queue && r == 0) {
		uint32_t at = a->queue[--a->n_queue];

		a->states[at].is_queued = false;
		if (++a->visits > (uint64_t)a->n_states * VISITS_EACH * PASSES_MAX)
			a->is_vague = true;
		if (a->is_vague)
			return 0;
		r = run_block(a, at);
	}
	return r;
}

/* Callees stand behind their callers mostly, so they are run first; again until nothing changes. */
static int run_all(struct analysis *a)
{
	int r = 0;

	do {
		a->has_changed = false;
		if (++a->pass > PASSES_MAX)
			a->is_vague = true;
		for (uint32_t i = a->n; i-- > 0 && r == 0 && !a->is_vague;)
			if (a->index[i] && a->states[a->index[i] - 1].is_function)
				r = run_function(a, &a->states[a->index[i] - 1]);
	} while (a->has_changed && r == 0 && !a->is_vague);
	return r;
}

static void done(struct analysis *a)
{
	free(a->index);
	free(a->states);
	free(a->queue);
}

static int analyse(const void *insns, uint32_t n, uint64_t redirect, uint64_t *ret)
{
	_cleanup_(done) struct analysis a = {.insns = insns, .n = n, .redirect = redirect};
	int r;

	if (n == 0 || n > INSTRUCTIONS_MAX)
		return -EINVAL;
	a.index = calloc(n, sizeof(*a.index));
	if (!a.index)
		return -ENOMEM;
	r = find_states(&a);
	if (r == 0)
		r = make_states(&a);
	if (r == 0 && !a.is_vague)
		r = run_all(&a);
	if (r == 0)
		*ret = a.is_vague ? UNKNOWN : a.states[0].returns;
	return r;
}

/* Redirecting helpers return one code of success and one of failure. */
static uint64_t redirect_set(uint32_t program_type)
{
	if (program_type == BPF_PROG_TYPE_XDP)
		return chain_verdict_bit(0) | chain_verdict_bit(4);
	if (program_type == BPF_PROG_TYPE_SCHED_CLS)
		return chain_verdict_bit(2) | chain_verdict_bit(7);
	return redirect_set(BPF_PROG_TYPE_XDP) | redirect_set(BPF_PROG_TYPE_SCHED_CLS);
}

int chain_verdicts(const void *insns, uint32_t n_insns, uint64_t *ret)
{
	return analyse(insns, n_insns, redirect_set(BPF_PROG_TYPE_UNSPEC), ret);
}

int chain_verdicts_of(const struct instructions *code, uint32_t program_type, uint64_t *ret)
{
	return analyse(code->insns, code->n_insns, redirect_set(program_type), ret);
}
