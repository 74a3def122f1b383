/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the mode of a chain and the words for it. */
#include "chain/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/facts.h"
#include "chain/refuse.h"
#include "chain/segments.h"

#define PROCEED_ON_MAX 64

const struct chain_limits chain_limits_default = {
	.maps_max = 64,
	.verified_max = 1000000,
	.functions_max = 256,
	.stack_max = 512,
	.stack_round = 32,
};

static const char *const mode_names[] = {
	[CHAIN_DIRECT] = "direct", [CHAIN_INLINE] = "inline",	[CHAIN_CALL] = "call",
	[CHAIN_MIXED] = "mixed",   [CHAIN_SEGMENT] = "segment",
};
_Static_assert(array_size(mode_names) == _CHAIN_MODE_MAX, "a name for each mode");

const char *chain_mode_name(enum chain_mode mode)
{
	return mode_names[mode];
}

void chain_plan_done(struct chain_plan *plan)
{
	for (size_t i = 0; plan->members && i < plan->n; i++)
		chain_facts_free(plan->members[i].facts);
	free(plan->members);
	memset(plan, 0, sizeof(*plan));
}

static bool holds(const int32_t *codes, size_t n, int32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* What the chain of this one member would return for @code. */
static int32_t outcome(const struct chain_rules *rules, const struct chain_member *m, int32_t code)
{
	if (holds(m->proceed_on, m->n_proceed_on, code))
		return rules->end;
	for (size_t i = 0; i < rules->n_translations; i++)
		if (rules->translations[i].from == code)
			return rules->translations[i].to;
	return code;
}

/* The first code of -1..61 that means something else at the hook itself; 62: none. */
static int32_t find_other_code(const struct chain_plan *plan, size_t i)
{
	const struct chain_rules *rules = plan->rules;
	int32_t code;

	for (code = -1; code <= 61; code++) {
		if (!(plan->members[i].facts->returns & chain_verdict_bit(code)))
			continue;
		if (!holds(rules->own, rules->n_own, code) ||
		    outcome(rules, &plan->list[i], code) != code)
			break;
	}
	return code;
}

/* A program for fragments cannot be tail-called by a chain that takes none. */
static bool takes_as_the_chain(const struct chain_plan *plan, size_t i)
{
	if (!(plan->list[i].code->prog_flags & CHAIN_F_FRAGS))
		return true;
	for (size_t k = 0; k < plan->n; k++)
		if (!(plan->list[k].code->prog_flags & CHAIN_F_FRAGS))
			return false;
	return true;
}

bool chain_member_is_direct(const struct chain_plan *plan, size_t i)
{
	return plan->list[i].slot < 0 && !plan->list[i].must_call &&
	       !(plan->members[i].facts->returns & CHAIN_RETURNS_OTHER) &&
	       find_other_code(plan, i) == 62 && takes_as_the_chain(plan, i);
}

static void explain_single(struct chain_plan *plan)
{
	uint64_t returns = plan->members[0].facts->returns;
	int32_t code = find_other_code(plan, 0);
	char *to = plan->why;
	size_t size = sizeof(plan->why);

	if (plan->list[0].slot >= 0)
		snprintf(to, size, "one member, and it is counted");
	else if (returns & CHAIN_RETURNS_OTHER)
		snprintf(to, size, "one member, and it computes what it returns");
	else
		snprintf(to, size,
			 "one member, and its verdict %d means something else to the kernel", code);
}

static void explain(struct chain_plan *plan)
{
	size_t called = 0, first = plan->n;

	for (size_t i = plan->n; i-- > 0;) {
		called += plan->members[i].is_called;
		first = plan->members[i].is_called ? i : first;
	}
	if (plan->n_segments > 1) {
		plan->mode = CHAIN_SEGMENT;
		snprintf(plan->why, sizeof(plan->why),
			 "%zu members are more than one program may hold, so there are %u", plan->n,
			 plan->n_segments);
		return;
	}
	plan->mode = called == plan->n ? CHAIN_CALL : called ? CHAIN_MIXED : CHAIN_INLINE;
	if (called)
		snprintf(plan->why, sizeof(plan->why), "%zu of %zu called; %.40s: %.120s", called,
			 plan->n, plan->list[first].name, plan->members[first].why);
	else if (plan->n == 1)
		explain_single(plan);
	else
		snprintf(plan->why, sizeof(plan->why), "%zu members, one behind the other",
			 plan->n);
}

static void force_calls(struct chain_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct chain_facts *facts = plan->members[i].facts;
		const char *what = "";

		if (plan->list[i].must_call)
			what = "asked for";
		else if (facts->has_tail_call)
			what = "it tail-calls";
		else if (facts->has_ld_abs)
			what = "it reads packets with LD_ABS or LD_IND, which may end a function";
		else if (facts->has_may_goto)
			what = "it has loops with may_goto";
		else if (facts->exit_far > INT16_MAX && !plan->limits->has_wide_jumps)
			what = "it is too long for jumps of this kernel";
		snprintf(facts->forced, sizeof(facts->forced), "%s", what);
	}
}

static bool is_direct(struct chain_plan *plan)
{
	if (plan->n != 1 || !chain_member_is_direct(plan, 0))
		return false;
	plan->mode = CHAIN_DIRECT;
	plan->n_segments = 1;
	plan->members[0].is_alone = true;
	snprintf(plan->why, sizeof(plan->why),
		 "one member, and each of its verdicts means the same to the kernel");
	return true;
}

static int read_members(struct chain_plan *plan, struct reason *why)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct chain_member *m = &plan->list[i];
		int r;

		if (m->n_proceed_on > PROCEED_ON_MAX || m->slot >= CHAIN_SLOTS_MAX)
			return fail(why, -EINVAL, "%s: too many verdicts or counters", m->name);
		r = chain_facts_new(m, plan->rules, plan->limits, &plan->members[i].facts, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decide(struct chain_plan *plan, struct reason *why)
{
	int r = read_members(plan, why);

	if (r < 0 || is_direct(plan))
		return r;
	r = chain_refuse_members(plan, why);
	if (r < 0)
		return r;
	force_calls(plan);
	r = chain_segments_settle(plan, why);
	if (r == 0)
		explain(plan);
	return r;
}

int chain_plan(const struct chain_rules *rules, const struct chain_limits *limits,
	       const struct chain_member *list, size_t n, struct chain_plan *ret,
	       struct reason *why)
{
	_cleanup_(chain_plan_done) struct chain_plan plan = {
		.rules = rules, .limits = limits, .list = list, .n = n};
	int r;

	if (n == 0 || n > CHAIN_MEMBERS_MAX)
		return fail(why, -EINVAL, "a chain has 1 to %d members, not %zu", CHAIN_MEMBERS_MAX,
			    n);
	if (rules->n_counted > CHAIN_COUNTED_MAX || rules->n_translations > CHAIN_CODES_MAX)
		return fail(why, -EINVAL, "too many codes in the rules of the hook");
	plan.members = calloc(n, sizeof(*plan.members));
	if (!plan.members)
		return -ENOMEM;
	r = decide(&plan, why);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct chain_plan){.n = 0};
	return 0;
}

int chain_plan_again(struct chain_plan *plan)
{
	struct reason why = {.code = 0};
	int r = chain_segments_settle(plan, &why);

	if (r == 0)
		explain(plan);
	reason_done(&why);
	return r;
}
