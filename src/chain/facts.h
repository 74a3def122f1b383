/* SPDX-License-Identifier: Apache-2.0 */
/* What the linker knows of one member. */
#pragma once

#include "chain/chain.h"

/**
 * struct chain_function - a function of a member; the first one is its main function.
 * @start, @end: its instructions. @type_id: of its BTF, 0: none.
 * @stack:       bytes that it uses. @frame: rounded as the kernel does.
 * @below:       bytes of the deepest calls out of it.
 * @frames:      how many functions call each other at most, with itself.
 * @above_tail:  bytes of the frames over a function that tail-calls, its own included when it
 *               calls that one; -1: no tail call from here.
 */
struct chain_function {
	uint32_t start;
	uint32_t end;
	uint32_t type_id;
	uint32_t stack;
	uint32_t frame;
	uint32_t below;
	uint32_t frames;
	int32_t above_tail;
	bool has_tail_call;
	uint8_t visit; /* of facts_measure_calls() */
};

/**
 * struct chain_facts - of a member; ends with chain_facts_done().
 * @returns:  as chain_verdicts().
 * @keys:     of its maps that it uses, each once.
 * @exit_far: instructions from the first exit of main to its end.
 * @gpl_helper: a helper that only GPL programs may call, 0: none.
 * @refusal:  why no chain with others can hold it; "" when one can.
 * @forced:   "" or why it must be called, which no other plan changes.
 * @is_cut:   a segment must begin with it.
 */
struct chain_facts {
	struct chain_function *functions;
	size_t n_functions;
	uint64_t returns;
	uint32_t *keys;
	uint32_t n_keys;
	uint32_t arena;
	bool has_arena;
	uint32_t exit_far;
	uint32_t weight; /* instructions that the verifier looks at */
	int32_t gpl_helper;
	bool has_tail_call;
	bool has_ld_abs;
	bool has_may_goto;
	bool has_kfunc;
	char refusal[200];
	char forced[160];
	bool is_cut;
};

/* Return: 0, -EINVAL (not a program that the kernel has loaded), -ENOMEM. */
int chain_facts_new(const struct chain_member *member, const struct chain_rules *rules,
		    const struct chain_limits *limits, struct chain_facts **ret,
		    struct reason *why);
void chain_facts_free(struct chain_facts *facts);

/* The function that holds an instruction. */
size_t chain_facts_function(const struct chain_facts *facts, uint32_t insn);

/* Fill what struct chain_function says of calls (calls.c). -EINVAL: recursion, or deeper than any
 * kernel allows. */
int chain_calls_measure(struct chain_facts *facts, const struct chain_member *member,
			const struct chain_limits *limits);

/* As chain_verdicts(), for programs of one type (verdicts.c). */
int chain_verdicts_of(const struct instructions *code, uint32_t program_type, uint64_t *ret);

/* The bit of a code in such a set. */
static inline uint64_t chain_verdict_bit(int32_t code)
{
	return code >= -1 && code <= 61 ? UINT64_C(1) << (code + 1) : CHAIN_RETURNS_OTHER;
}
