/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the cut of a chain by numbers that add up: maps, instructions, functions. */
#include "chain/segments.h"

#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "chain/facts.h"

#define INSNS_MAX    900000
#define KEYS_MAX     256
#define SHARE_OF_TEN 9 /* of the instructions that the verifier looks at: joints add some */

/* What the segment that grows has by now. */
struct filling {
	uint64_t weight;
	uint64_t insns;
	size_t functions;
	uint32_t keys[KEYS_MAX];
	uint32_t n_keys;
	bool has_stats;
};

struct chain_segment chain_segment_get(const struct chain_plan *plan, uint32_t segment)
{
	struct chain_segment s = {.is_last = segment + 1 >= plan->n_segments};

	while (s.first < plan->n && plan->members[s.first].segment < segment)
		s.first++;
	for (s.end = s.first; s.end < plan->n && plan->members[s.end].segment == segment;)
		s.end++;
	return s;
}

static bool has_key(const struct filling *f, uint32_t key)
{
	for (uint32_t i = 0; i < f->n_keys; i++)
		if (f->keys[i] == key)
			return true;
	return false;
}

/* Return: is there room for the keys? */
static bool add_keys(struct filling *f, const struct chain_facts *facts, uint32_t max)
{
	for (uint32_t i = 0; i < facts->n_keys; i++) {
		if (has_key(f, facts->keys[i]))
			continue;
		if (f->n_keys >= max || f->n_keys >= KEYS_MAX)
			return false;
		f->keys[f->n_keys++] = facts->keys[i];
	}
	return true;
}

/* Add member @i. Return: NULL, or what there is too much of. */
static const char *fill(struct filling *f, const struct chain_plan *plan, size_t i)
{
	const struct chain_limits *limits = plan->limits;
	const struct chain_facts *facts = plan->members[i].facts;
	uint32_t own_maps;

	f->weight += facts->weight;
	f->insns += plan->list[i].code->n_insns;
	f->functions += facts->n_functions;
	f->has_stats |= plan->list[i].slot >= 0;
	own_maps = (f->has_stats ? 1u : 0u) + (i + 1 < plan->n ? 1u : 0u);
	if (own_maps > limits->maps_max || !add_keys(f, facts, limits->maps_max - own_maps))
		return "maps";
	if (f->insns > INSNS_MAX)
		return "instructions";
	if (f->functions + 1 > limits->functions_max)
		return "functions";
	return NULL;
}

/* Cut wherever the sum of weights would pass @cap. Return: how many segments, or -1 - i for a
 * member that no segment can hold (*ret_what: too many of). */
static int cut(struct chain_plan *plan, uint64_t cap, const char **ret_what)
{
	struct filling f = {.weight = 0};
	uint32_t segment = 0;
	size_t first = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const char *what = fill(&f, plan, i);

		if (i > first && (what || f.weight > cap || plan->members[i].facts->is_cut)) {
			segment++;
			first = i;
			f = (struct filling){.weight = 0};
			what = fill(&f, plan, i);
		}
		plan->members[i].segment = segment;
		if (what && !(i + 1 == plan->n && chain_member_is_direct(plan, i))) {
			*ret_what = what;
			return -1 - (int)i;
		}
		plan->members[i].is_alone = what != NULL;
	}
	return (int)segment + 1;
}

/* The smallest cap that gives as few segments: those are about equal. */
static void balance(struct chain_plan *plan, uint64_t cap, int n)
{
	uint64_t low = cap / 4, high = cap;
	const char *what;

	while (n > 1 && high - low > 64) {
		uint64_t middle = low + (high - low) / 2;

		if (cut(plan, middle, &what) == n)
			high = middle;
		else
			low = middle;
	}
	cut(plan, high, &what);
}

int chain_segments_cut(struct chain_plan *plan, struct reason *why)
{
	uint64_t cap = (uint64_t)plan->limits->verified_max * SHARE_OF_TEN / 10;
	const char *what = "";
	int n = cut(plan, cap, &what);

	if (n < 0) {
		fail(why, -E2BIG, "%s has too many %s to run in a chain", plan->list[-1 - n].name,
		     what);
		reason_hint(why, "attach it alone, or as the last one without statistics");
		return -E2BIG;
	}
	if (n > CHAIN_SEGMENTS_MAX) {
		fail(why, -E2BIG,
		     "the chain needs %d programs one after the other, %d are possible", n,
		     CHAIN_SEGMENTS_MAX);
		reason_hint(why, "attach fewer or smaller programs to this hook");
		return -E2BIG;
	}
	balance(plan, cap, n);
	plan->n_segments = (uint32_t)n;
	return 0;
}
