/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the turns of planning and loading until the kernel takes a chain. */
#include "chain/load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "chain/load/segment.h"
#include "chain/load/words.h"

/* Each turn cuts a segment or has one member more called. */
#define TURNS 64

static void init_loaded(struct chain_loaded *loaded)
{
	*loaded = (struct chain_loaded){0};
	for (size_t i = 0; i < CHAIN_SEGMENTS_MAX; i++)
		loaded->program_fds[i] = loaded->array_fds[i] = -1;
}

static void close_segments(struct chain_loaded *loaded)
{
	fd_close_many(loaded->program_fds, loaded->n_segments);
	fd_close_many(loaded->array_fds, loaded->n_segments);
	loaded->n_segments = 0;
}

void chain_loaded_done(struct chain_loaded *loaded)
{
	close_segments(loaded);
	free(loaded->is_called);
	free(loaded->segment);
	init_loaded(loaded);
}

static int describe(const struct chain_plan *plan, struct chain_loaded *ret, struct reason *why)
{
	ret->is_called = calloc(plan->n, sizeof(*ret->is_called));
	ret->segment = calloc(plan->n, sizeof(*ret->segment));
	if (!ret->is_called || !ret->segment)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->n; i++) {
		ret->is_called[i] = plan->members[i].is_called;
		ret->segment[i] = plan->members[i].segment;
	}
	ret->mode = plan->mode;
	snprintf(ret->why, sizeof(ret->why), "%s", plan->why);
	return 0;
}

static void count_direct(const struct chain_plan *plan, struct chain_loaded *ret)
{
	ret->n_insns = plan->list[0].code->n_insns;
	ret->verified = plan->list[0].code->verified;
}

/* From the last to the first. Return: 0, or -errno of segment *failed. */
static int load_segments(struct segment *s, struct chain_loaded *ret, uint32_t *failed,
			 struct reason *why)
{
	int r = 0;

	if (s->plan->n_segments > CHAIN_SEGMENTS_MAX)
		return fail(why, -E2BIG,
			    "chain of %zu programs: it would need more than %d segments",
			    s->plan->n, CHAIN_SEGMENTS_MAX);
	ret->n_segments = s->plan->n_segments;
	ret->n_insns = 0;
	ret->verified = 0;
	for (uint32_t i = s->plan->n_segments; r == 0 && i > 0; i--) {
		*failed = i - 1;
		r = segment_load(s, i - 1, ret, why);
	}
	return r;
}

/* Return: 0, or -errno after which nothing is left to try. */
static int load_in_turns(struct segment *s, struct chain_plan *plan, struct chain_loaded *ret,
			 struct reason *why)
{
	for (int turn = 1;; turn++) {
		_reason_ struct reason inner = {0};
		uint32_t failed = 0;
		int r = load_segments(s, ret, &failed, &inner);

		if (r == 0)
			return 0;
		close_segments(ret);
		if (s->refused < 0 && turn < TURNS &&
		    chain_refine(plan, failed, s->refused, s->log) > 0)
			continue;
		if (!inner.code)
			r = words_explain(plan, &s->code, r, s->log, &inner);
		if (why && !why->code) {
			*why = inner;
			inner = (struct reason){0};
		}
		return r;
	}
}

static int load_plan(const struct chain_load *wish, struct chain_plan *plan,
		     struct chain_loaded *ret, struct reason *why)
{
	_cleanup_(segment_done) struct segment segment = {0};
	int r = segment_init(&segment, wish, plan, why);

	return r < 0 ? r : load_in_turns(&segment, plan, ret, why);
}

int chain_load(const struct chain_load *wish, struct chain_loaded *ret, struct reason *why)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	_cleanup_(chain_plan_done) struct chain_plan plan = {0};
	int r;

	init_loaded(&loaded);
	r = chain_plan(wish->rules, wish->limits, wish->members, wish->n_members, &plan, why);
	if (r == 0 && plan.mode != CHAIN_DIRECT)
		r = load_plan(wish, &plan, &loaded, why);
	else if (r == 0)
		count_direct(&plan, &loaded);
	if (r == 0)
		r = describe(&plan, &loaded, why);
	if (r < 0)
		return r;
	*ret = loaded;
	init_loaded(&loaded);
	return 0;
}
