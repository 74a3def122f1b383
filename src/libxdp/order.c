/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rules of libxdp's order, so that a change by its tools moves nobody. */
#include "libxdp/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"

static bool is_among(uint32_t id, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static bool is_wanted(uint32_t id, const struct libxdp_change *change)
{
	for (size_t i = 0; i < change->n_wanted; i++)
		if (change->wanted[i].loaded_id == id)
			return true;
	return false;
}

static int find_seen(const struct libxdp_state *state, uint32_t id)
{
	for (size_t i = 0; id && i < state->n; i++)
		if (state->programs[i].id == id)
			return (int)i;
	return -1;
}

static int refuse_many(const struct libxdp_change *change, size_t n_others, struct reason *why)
{
	fail(why, -E2BIG,
	     "a libxdp dispatcher holds %d programs: with %zu of others there is no room for %zu of "
	     "ours",
	     LIBXDP_PROGRAMS_MAX, n_others, change->n_wanted);
	reason_hint(why, "without libxdp mode there is no limit");
	return -E2BIG;
}

static int check_member(const struct libxdp_member *member, bool is_seen, struct reason *why)
{
	if (member->priority > LIBXDP_PRIORITY_MAX)
		return fail(why, -EINVAL, "priority %u of %s is above %d", member->priority,
			    member->name, LIBXDP_PRIORITY_MAX);
	if (member->actions & ~(LIBXDP_ACTIONS | CONFIG_RETURNED)) {
		fail(why, -EINVAL,
		     "%s goes on with codes that no xdp program of a libxdp "
		     "dispatcher can go on with",
		     member->name);
		reason_hint(why, "use aborted, drop, pass, tx and redirect");
		return -EINVAL;
	}
	if (!member->code && !is_seen)
		return fail(why, -ENOENT, "program %u is no more on the interface",
			    member->loaded_id);
	return 0;
}

static int add_wanted(const struct libxdp_state *state, const struct libxdp_member *member,
		      struct order_entry *ret, struct reason *why)
{
	int seen = find_seen(state, member->loaded_id);
	bool has_frags = seen >= 0 ? state->programs[seen].has_frags
				   : member->code && (member->code->prog_flags & CONFIG_FRAGS);

	*ret = (struct order_entry){.seen = seen,
				    .name = seen >= 0 ? state->programs[seen].name : member->name,
				    .slot = {.actions = member->actions & ~CONFIG_RETURNED,
					     .priority = member->priority,
					     .flags = has_frags ? CONFIG_FRAGS : 0}};
	return check_member(member, seen >= 0, why);
}

static void add_others(const struct libxdp_state *state, const struct libxdp_change *change,
		       struct order *order)
{
	for (size_t i = 0; i < state->n; i++) {
		const struct libxdp_program *program = &state->programs[i];

		if (is_among(program->id, change->ours, change->n_ours) ||
		    is_wanted(program->id, change))
			continue;
		order->entries[order->n++] = (struct order_entry){
			.seen = (int)i,
			.wanted = -1,
			.name = program->name,
			.slot = {.actions = program->actions,
				 .priority = program->priority,
				 .flags = program->has_frags ? CONFIG_FRAGS : 0}};
	}
}

/* cmp_xdp_programs() of libxdp: priority, name, the loaded before the others. Behind that libxdp
 * has the tag; we have the order that was there, then the order of the wish. */
static int compare(const void *a, const void *b)
{
	const struct order_entry *x = a, *y = b;
	int r;

	if (x->slot.priority != y->slot.priority)
		return x->slot.priority < y->slot.priority ? -1 : 1;
	r = strcmp(x->name, y->name);
	if (r != 0)
		return r;
	if (x->seen < 0 || y->seen < 0)
		return x->seen >= 0 ? -1 : y->seen >= 0 ? 1 : x->wanted - y->wanted;
	return x->seen - y->seen;
}

int order_programs(const struct libxdp_state *state, const struct libxdp_change *change,
		   struct order *ret, struct reason *why)
{
	struct order order = {0};
	int r;

	add_others(state, change, &order);
	if (change->n_wanted > LIBXDP_PROGRAMS_MAX - order.n)
		return refuse_many(change, order.n, why);
	for (size_t i = 0; i < change->n_wanted; i++) {
		struct order_entry *entry = &order.entries[order.n++];

		r = add_wanted(state, &change->wanted[i], entry, why);
		if (r < 0)
			return r;
		entry->wanted = (int)i;
		for (size_t k = 0; k < i; k++)
			if (entry->seen >= 0 &&
			    change->wanted[k].loaded_id == change->wanted[i].loaded_id)
				return fail(why, -EINVAL, "program %u is wanted twice",
					    change->wanted[i].loaded_id);
	}
	qsort(order.entries, order.n, sizeof(order.entries[0]), compare);
	*ret = order;
	return 0;
}

bool order_is_reached(const struct order *order, const struct libxdp_state *state)
{
	if (order->n != state->n)
		return false;
	for (size_t i = 0; i < order->n; i++) {
		const struct order_entry *entry = &order->entries[i];

		if (entry->seen != (int)i || entry->slot.priority != state->programs[i].priority ||
		    entry->slot.actions != state->programs[i].actions)
			return false;
	}
	return true;
}

void order_config(const struct order *order, struct libxdp_config *ret)
{
	*ret = (struct libxdp_config){
		.version = CONFIG_VERSION, .n = order->n, .has_frags = order->n > 0};
	for (size_t i = 0; i < order->n; i++) {
		ret->slots[i] = order->entries[i].slot;
		if (!(ret->slots[i].flags & CONFIG_FRAGS))
			ret->has_frags = false;
	}
}
