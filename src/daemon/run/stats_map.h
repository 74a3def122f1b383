/* SPDX-License-Identifier: Apache-2.0 */
/* The map in which a chain counts, and the places of its members in it. */
#pragma once

struct context;
struct plan_chain;
struct reason;

/**
 * stats_map_prepare() - give each counted member a slot.
 * @ret_fd: the map, which stays the same over revisions as long as it has slots that were never
 *          used; -1: nobody is counted.
 *
 * Slot 0 means none. Return: 0 or -errno.
 */
int stats_map_prepare(struct context *ctx, struct plan_chain *chain, int *ret_fd,
		      struct reason *why);
