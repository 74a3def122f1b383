/* SPDX-License-Identifier: Apache-2.0 */
/* How each member of a chain runs, and where the chain is cut into segments. Pure. */
#pragma once

#include "chain/chain.h"

/* How a whole chain runs, and how a member of it does. */
enum chain_mode {
	CHAIN_DIRECT,  /* the only member itself is attached */
	CHAIN_INLINE,  /* bodies one behind the other */
	CHAIN_CALL,    /* each a global function */
	CHAIN_MIXED,   /* some inline, some called */
	CHAIN_SEGMENT, /* several programs, one tail call after the other */
	_CHAIN_MODE_MAX
};

const char *chain_mode_name(enum chain_mode mode);

/* What the linker knows of one member; see chain/facts.h. */
struct chain_facts;

/**
 * struct chain_plan - the decision; ends with chain_plan_done().
 * @why:      the reason for .mode, for people: "one member, and each of its verdicts means the same
 *            to the kernel".
 * @members:  in order: .is_called, .segment (0-based), .why (why called; "" for inline).
 * @is_alone: that segment (always the last) is the member itself, not a program of ours.
 */
struct chain_plan {
	const struct chain_rules *rules;
	const struct chain_limits *limits;
	const struct chain_member *list; /* borrowed */
	size_t n;
	struct chain_plan_member {
		bool is_called;
		bool is_alone;
		uint32_t segment;
		char why[160];
		struct chain_facts *facts;
	} * members;
	enum chain_mode mode;
	uint32_t n_segments;
	char why[256];
};

void chain_plan_done(struct chain_plan *plan);

/**
 * chain_plan() - decide.
 * @list: in order of execution; must live as long as the plan.
 *
 * Return: 0, -EINVAL (no member, or more than CHAIN_MEMBERS_MAX; code that is not a program),
 * -EOPNOTSUPP (a member that no chain can hold: text names it and why, the hint what to do),
 * -E2BIG (needs more stack than any mode leaves: text has the numbers), -EPERM (licences that do
 * not mix), -ENOMEM.
 */
int chain_plan(const struct chain_rules *rules, const struct chain_limits *limits,
	       const struct chain_member *list, size_t n, struct chain_plan *ret,
	       struct reason *why);

/**
 * chain_refine() - another plan after segment @segment was refused.
 * @code: -errno of the refusal. @log: the verifier's, "" when there is none.
 *
 * Cuts the segment, or has a member called. Return: 1 (the plan has changed: link it all again), 0
 * (nothing is left to try).
 */
int chain_refine(struct chain_plan *plan, uint32_t segment, int code, const char *log);
