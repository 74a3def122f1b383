/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs the next dispatcher has, in which order. Pure. */
#pragma once

#include "libxdp/config.h"
#include "libxdp/libxdp.h"

/**
 * struct order_entry - one slot of the next dispatcher.
 * @seen:   index into the state's programs, -1: not there now.
 * @wanted: index into the change's members, -1: somebody else's.
 */
struct order_entry {
	int seen;
	int wanted;
	const char *name;
	struct config_slot slot;
};

struct order {
	struct order_entry entries[LIBXDP_PROGRAMS_MAX];
	size_t n;
};

/* Return: 0, -E2BIG, -EINVAL (a member that no dispatcher can have), -ENOENT. */
int order_programs(const struct libxdp_state *state, const struct libxdp_change *change,
		   struct order *ret, struct reason *why);

/* Is the interface as @order wants it? */
bool order_is_reached(const struct order *order, const struct libxdp_state *state);

/* The configuration of a dispatcher with them. */
void order_config(const struct order *order, struct libxdp_config *ret);
