/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding who is on a hook that takes one program, in which order and attached how. Pure. */
#pragma once

#include "daemon/plan/plan.h"

struct link_list;
struct reason;

/* Does a hook of this kind take one program, so that several are linked into one? */
bool plan_is_chained(enum hook_kind kind);

/**
 * plan_fill_chain() - set the members: those of @on_hook that stay, and those that the plan adds or
 * replaces, by priority, then age, then name.
 * @on_hook: rows of the hook; moved from.
 *
 * xdp: what is attached decides the mode, else a dispatcher of libxdp that is there, else what a
 * member asks for, else .default_mode.
 *
 * Return: 0, -E2BIG (too many members), -EBUSY (xdp: two ask for different modes), -EOPNOTSUPP (a
 * member asks for what libxdp mode has not), -ENOMEM.
 */
int plan_fill_chain(const struct plan *plan, struct plan_chain *chain, struct link_list *on_hook,
		    struct reason *why);

/**
 * plan_place_chain() - between which of our tcx programs the chain goes; sets .options and
 * .is_anew.
 *
 * A tc chain is one entry, at the place of its lowest member; behind tcx programs of the same
 * priority. The .neighbours are in order, and their .program_id is known.
 */
void plan_place_chain(struct plan_chain *chain);
