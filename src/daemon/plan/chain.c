/* SPDX-License-Identifier: Apache-2.0 */
/* Owns order, modes and place of a chain; touches nothing. */
#include "daemon/plan/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/reason.h"
#include "base/text.h"
#include "chain/chain.h"

bool plan_is_chained(enum hook_kind kind)
{
	return hook_kind_info(kind)->shape & HOOK_IS_CHAINED;
}

static bool is_dropped(const struct plan *plan, uint32_t id)
{
	for (size_t i = 0; i < plan->n_drop_links; i++)
		if (plan->drop_links[i].row.id == id)
			return true;
	return false;
}

static bool is_replaced(const struct plan *plan, uint32_t id)
{
	for (size_t i = 0; i < plan->n_links; i++)
		if (plan->links[i].is_replace && plan->links[i].row.id == id)
			return true;
	return false;
}

static struct plan_member *add(struct plan_chain *chain)
{
	return array_add((void **)&chain->members, &chain->n_members, sizeof(struct plan_member));
}

/* New links have no id yet: they are the youngest. */
static int compare(const void *a, const void *b)
{
	const struct link *x = &((const struct plan_member *)a)->row;
	const struct link *y = &((const struct plan_member *)b)->row;
	uint32_t age_x = x->id ? x->id : UINT32_MAX, age_y = y->id ? y->id : UINT32_MAX;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (age_x != age_y)
		return age_x < age_y ? -1 : 1;
	return strcmp(x->program_name ? x->program_name : "",
		      y->program_name ? y->program_name : "");
}

static bool is_asking(const struct link *row, const char *mode)
{
	return row->mode && *row->mode && strcmp(row->mode, mode) != 0;
}

/* A dispatcher of libxdp has no place for what the linker does. */
static int check_libxdp(const struct plan_chain *chain, struct reason *why)
{
	for (size_t i = 0; i < chain->n_members; i++) {
		const struct link *row = &chain->members[i].row;

		if (!row->is_counted && !row->is_called)
			continue;
		fail(why, -EOPNOTSUPP, "%s runs a dispatcher of libxdp, and program %s asks for %s",
		     row->hook, row->program_name, row->is_counted ? "statistics" : "mode call");
		reason_hint(why, "that is possible without libxdp mode only: leave it out, or end "
				 "the dispatcher first");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* All members of an xdp chain run where the chain runs. */
static int choose_mode(struct plan_chain *chain, struct reason *why)
{
	const char *in_force = chain->before.id && !chain->is_anew ? chain->before.xdp_mode : "";

	/* native and skb are then asked of the dispatcher */
	if (chain->has_dispatcher && (!in_force || !*in_force))
		in_force = xdp_mode_name(XDP_MODE_LIBXDP);
	for (size_t i = 0; i < chain->n_members; i++) {
		const struct link *row = &chain->members[i].row;

		if (!in_force || !*in_force)
			in_force = row->mode ? row->mode : "";
		if (!is_asking(row, in_force))
			continue;
		if (chain->has_dispatcher && strcmp(row->mode, "offload") != 0) {
			chain->options.mode = (enum xdp_mode)xdp_mode_parse(row->mode, NULL);
			continue;
		}
		fail(why, -EBUSY, "%s runs in mode %s, and program %s asks for %s", row->hook,
		     in_force, row->program_name, row->mode);
		reason_hint(why, "programs of one interface run in one mode: leave it out, or "
				 "detach the others first");
		return -EBUSY;
	}
	if (!in_force || !*in_force)
		in_force = chain->default_mode;
	chain->is_libxdp = in_force && strcmp(in_force, xdp_mode_name(XDP_MODE_LIBXDP)) == 0;
	if (chain->is_libxdp)
		return check_libxdp(chain, why);
	chain->options.mode = (enum xdp_mode)xdp_mode_parse(in_force ? in_force : "", NULL);
	return 0;
}

int plan_fill_chain(const struct plan *plan, struct plan_chain *chain, struct link_list *on_hook,
		    struct reason *why)
{
	struct plan_member *m;
	const char *hook = chain->after.hook;

	for (size_t i = 0; i < on_hook->n; i++) {
		struct link *row = &on_hook->items[i];

		if (is_dropped(plan, row->id) || is_replaced(plan, row->id))
			continue;
		m = add(chain);
		if (!m)
			return fail(why, -ENOMEM, "out of memory");
		m->row = *row;
		m->link = SIZE_MAX;
		*row = (struct link){0};
	}
	for (size_t i = 0; i < plan->n_links; i++) {
		const struct link *row = &plan->links[i].row;

		if (!row->hook || strcmp(row->hook, hook) != 0)
			continue;
		m = add(chain);
		if (!m || link_copy(row, &m->row) < 0)
			return fail(why, -ENOMEM, "out of memory");
		m->link = i;
	}
	if (chain->n_members > CHAIN_MEMBERS_MAX)
		return fail(why, -E2BIG, "%s would have %zu programs; at most %d are possible",
			    hook, chain->n_members, CHAIN_MEMBERS_MAX);
	if (chain->n_members > 0)
		qsort(chain->members, chain->n_members, sizeof(*chain->members), compare);
	chain->after.priority = chain->n_members ? chain->members[0].row.priority : 0;
	return chain->hook.kind == HOOK_XDP ? choose_mode(chain, why) : 0;
}

void plan_place_chain(struct plan_chain *chain)
{
	uint32_t priority = chain->after.priority, was = chain->before.priority;

	chain->options.priority = priority;
	for (size_t i = 0; i < chain->n_neighbours; i++) {
		const struct plan_neighbour *other = &chain->neighbours[i];
		bool is_behind = other->priority <= priority;

		/* a filter of clsact runs behind all of them wherever it is */
		if (chain->before.kernel_id && is_behind != (other->priority <= was))
			chain->is_anew = true;
		if (is_behind)
			chain->options.after_program_id = other->program_id;
		else if (!chain->options.before_program_id)
			chain->options.before_program_id = other->program_id;
	}
}
