/* SPDX-License-Identifier: Apache-2.0 */
/* From the members that a plan wants on a hook to what the linker takes. */
#pragma once

#include "chain/load/load.h"

struct plan_chain;
struct plan_link;
struct reason;
struct run;

/* What the linker borrows; ends with members_done(). */
struct members {
	struct chain_member *list;
	struct member_code *codes;
	size_t n;
};

void members_done(struct members *members);

/* Instructions, BTF and maps: of the plan's own loads, or of the store. Return: 0, -ENOENT (not in
 * the store), -EBADMSG, -ENOMEM. */
int members_collect(struct run *run, const struct plan_chain *chain, struct members *ret,
		    struct reason *why);

/* A map by its key, as the linker and libxdp_change() ask for it. @arg: NULL. */
int members_open_map(void *arg, uint32_t key, struct reason *why);

/* Load the program of @link once more, as another program that does the same with the same maps: a
 * tcx hook takes a program once. Return: a descriptor that the caller owns, or as members_collect()
 * and chain_load(). */
int members_copy_program(struct run *run, const struct plan_link *link, struct reason *why);

/* A descriptor of the program of member @i, owned by the caller. */
int members_open_program(struct run *run, const struct plan_chain *chain, size_t i,
			 struct reason *why);
