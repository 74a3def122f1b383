/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what to try after the kernel has refused a segment. Each try cuts once more or calls one
 * member more, so there is an end of it. */
#include "chain/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/facts.h"
#include "chain/link.h"
#include "chain/segments.h"

static bool is_about_size(int code, const char *log)
{
	static const char *const words[] = {
		"too large",	       "too complex", "The sequence of",
		"combined stack size", "stack size",  "too many",
		"The number of",       "used maps",   "the call stack of ",
	};

	if (code == -E2BIG || code == -ENOSPC)
		return true;
	for (size_t i = 0; i < array_size(words); i++)
		if (strstr(log, words[i]))
			return true;
	return false;
}

/* The last "N: (xx)" of the log. Return: false when there is none. */
static bool find_instruction(const char *log, uint32_t *ret)
{
	size_t len = strlen(log);

	for (size_t at = len; at-- > 0;) {
		char *end;
		unsigned long n;

		if (at > 0 && log[at - 1] != '\n')
			continue;
		if (log[at] < '0' || log[at] > '9')
			continue;
		n = strtoul(log + at, &end, 10);
		if (strncmp(end, ": (", 3) != 0 || n > UINT32_MAX)
			continue;
		*ret = (uint32_t)n;
		return true;
	}
	return false;
}

/* The member of the last instruction that the verifier looked at; s.end: not known. */
static size_t find_member(const struct chain_plan *plan, uint32_t segment, const char *log)
{
	struct chain_segment s = chain_segment_get(plan, segment);
	_cleanup_(chain_code_done) struct chain_code code = {.n_insns = 0};
	const struct chain_origin *origin;
	uint32_t insn;

	if (s.end - s.first == 1)
		return s.first;
	if (!find_instruction(log, &insn) || chain_link(plan, segment, &code, NULL) < 0)
		return s.end;
	origin = chain_find_origin(&code, insn);
	/* what is wrong at a joint was left there by the member before it */
	while (origin && origin->member == UINT32_MAX && origin > code.origins)
		origin--;
	return origin && origin->member < s.end ? origin->member : s.end;
}

static int halve(struct chain_plan *plan, struct chain_segment s)
{
	uint64_t sum = 0, half = 0;
	size_t at;

	if (s.end - s.first < 2)
		return 0;
	for (size_t i = s.first; i < s.end; i++)
		sum += plan->members[i].facts->weight;
	for (at = s.first; at + 1 < s.end && half < sum / 2; at++)
		half += plan->members[at].facts->weight;
	if (at == s.first)
		at++;
	plan->members[at].facts->is_cut = true;
	return 1;
}

static int call_one(struct chain_plan *plan, uint32_t segment, const char *log)
{
	size_t i = find_member(plan, segment, log);
	struct chain_facts *facts;

	if (i >= chain_segment_get(plan, segment).end || plan->members[i].is_called)
		return 0;
	facts = plan->members[i].facts;
	snprintf(facts->forced, sizeof(facts->forced), "%s", "the verifier refuses it inline");
	return 1;
}

int chain_refine(struct chain_plan *plan, uint32_t segment, int code, const char *log)
{
	struct chain_segment s;
	int changed = 0;

	if (segment >= plan->n_segments || plan->mode == CHAIN_DIRECT || code == -ENOMEM)
		return 0;
	s = chain_segment_get(plan, segment);
	if (plan->members[s.first].is_alone)
		return 0;
	if (is_about_size(code, log))
		changed = halve(plan, s);
	if (!changed)
		changed = call_one(plan, segment, log);
	if (!changed)
		return 0;
	return chain_plan_again(plan) == 0;
}
