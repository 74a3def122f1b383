/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which members are called and which are inline, by the stack that the kernel allows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "chain/facts.h"
#include "chain/segments.h"

#define FRAMES_MAX     8
#define ABOVE_TAIL_MAX 256

bool chain_segment_has_stats(const struct chain_plan *plan, struct chain_segment s)
{
	for (size_t i = s.first; i < s.end; i++)
		if (plan->list[i].slot >= 0)
			return true;
	return false;
}

uint32_t chain_segment_stack(const struct chain_plan *plan, struct chain_segment s)
{
	uint32_t stack = 0;

	for (size_t i = s.first; i < s.end; i++) {
		const struct chain_plan_member *m = &plan->members[i];

		if (!m->is_called && m->facts->functions[0].stack > stack)
			stack = m->facts->functions[0].stack;
	}
	return (stack + 7) / 8 * 8;
}

static uint32_t round_up(const struct chain_plan *plan, uint32_t bytes)
{
	uint32_t round = plan->limits->stack_round ? plan->limits->stack_round : 1;

	return (bytes + round - 1) / round * round;
}

/* The frame of the chain's main function. */
static uint32_t frame_of(const struct chain_plan *plan, struct chain_segment s)
{
	uint32_t own = chain_segment_has_stats(plan, s) ? CHAIN_STACK_STATS : CHAIN_STACK_CONTEXT;

	return round_up(plan, chain_segment_stack(plan, s) + own);
}

/* "" or why the member does not fit below a frame of that size. */
static void judge(const struct chain_plan *plan, size_t i, uint32_t frame, char ret[static 160])
{
	const struct chain_plan_member *m = &plan->members[i];
	const struct chain_function *main = &m->facts->functions[0];
	uint32_t need = frame + main->below + (m->is_called ? main->frame : 0);
	uint32_t frames = main->frames + (m->is_called ? 1 : 0);
	int64_t above = main->above_tail < 0 ? -1 : (int64_t)frame + main->above_tail;

	ret[0] = '\0';
	if (need > plan->limits->stack_max)
		snprintf(ret, 160, "it needs %u bytes of stack in the chain, the kernel has %u",
			 need, plan->limits->stack_max);
	else if (frames > FRAMES_MAX)
		snprintf(ret, 160, "its functions call each other %u deep, the kernel allows %d",
			 frames, FRAMES_MAX);
	else if (above >= ABOVE_TAIL_MAX)
		snprintf(ret, 160, "it tail-calls below %lld bytes of stack, the kernel allows %d",
			 (long long)above, ABOVE_TAIL_MAX - 1);
}

/* The first member that does not fit; s.end: all do. */
static size_t find_misfit(const struct chain_plan *plan, struct chain_segment s,
			  char ret_what[static 160])
{
	uint32_t frame = frame_of(plan, s);

	for (size_t i = s.first; i < s.end; i++) {
		judge(plan, i, frame, ret_what);
		if (ret_what[0])
			return i;
	}
	return s.end;
}

static size_t find_largest(const struct chain_plan *plan, struct chain_segment s)
{
	size_t ret = s.end;
	uint32_t most = 0;

	for (size_t i = s.first; i < s.end; i++) {
		const struct chain_plan_member *m = &plan->members[i];
		uint32_t stack = m->facts->functions[0].stack;

		if (m->is_called || (ret < s.end && stack <= most))
			continue;
		ret = i;
		most = stack;
	}
	return ret;
}

static void call(struct chain_plan_member *m, const char *why)
{
	m->is_called = true;
	snprintf(m->why, sizeof(m->why), "%s", why);
}

/* The largest is called, until all fit. Return: the member that still does not, or s.end. */
static size_t settle(struct chain_plan *plan, struct chain_segment s, char ret_what[static 160])
{
	for (size_t i = s.first; i < s.end; i++) {
		plan->members[i].is_called = false;
		plan->members[i].why[0] = '\0';
		if (plan->members[i].facts->forced[0])
			call(&plan->members[i], plan->members[i].facts->forced);
	}
	for (;;) {
		size_t misfit = find_misfit(plan, s, ret_what);
		size_t largest = find_largest(plan, s);
		char text[160];

		if (misfit == s.end || largest == s.end)
			return misfit;
		snprintf(text, sizeof(text), "%u bytes of stack are too many for one function",
			 plan->members[largest].facts->functions[0].stack);
		call(&plan->members[largest], text);
	}
}

/* A member that fits with no other gets a segment of its own. Return: 1: was cut, 0: nothing to
 * cut. */
static int isolate(struct chain_plan *plan, struct chain_segment s, size_t i)
{
	if (s.end - s.first == 1)
		return 0;
	if (i > s.first)
		plan->members[i].facts->is_cut = true;
	if (i + 1 < s.end)
		plan->members[i + 1].facts->is_cut = true;
	return 1;
}

static int refuse(const struct chain_plan *plan, size_t i, const char *what, struct reason *why)
{
	fail(why, -E2BIG, "%s does not fit: %s", plan->list[i].name, what);
	reason_hint(why, "attach it alone, or as the last one without statistics");
	return -E2BIG;
}

/* Return: 1 (cut: begin again), 0, -E2BIG. */
static int settle_segment(struct chain_plan *plan, uint32_t segment, struct reason *why)
{
	struct chain_segment s = chain_segment_get(plan, segment);
	char what[160];
	size_t i;

	if (plan->members[s.first].is_alone && s.end - s.first == 1)
		return 0;
	i = settle(plan, s, what);
	if (i == s.end)
		return 0;
	if (isolate(plan, s, i))
		return 1;
	if (!s.is_last || !chain_member_is_direct(plan, i))
		return refuse(plan, i, what, why);
	plan->members[i].is_called = false;
	plan->members[i].is_alone = true;
	snprintf(plan->members[i].why, sizeof(plan->members[i].why), "%s", what);
	return 0;
}

int chain_segments_settle(struct chain_plan *plan, struct reason *why)
{
	int r = 1;

	/* each cut makes a segment shorter, so this ends */
	while (r == 1) {
		r = chain_segments_cut(plan, why);
		for (uint32_t i = 0; r == 0 && i < plan->n_segments; i++)
			r = settle_segment(plan, i, why);
	}
	return r;
}
