/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the slots: one that was used is not used again, because it still has its numbers. */
#include "daemon/run/stats_map.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/reason.h"
#include "chain/chain.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/members.h"
#include "kernel/bpf.h"

static bool has_slots(const struct plan_chain *c)
{
	uint32_t next = c->before.next_slot;

	for (size_t i = 0; i < c->n_members; i++)
		next += c->members[i].row.is_counted && c->members[i].row.slot == 0;
	return c->before.next_slot > 0 && next <= CHAIN_SLOTS_MAX;
}

static bool is_counted(const struct plan_chain *c)
{
	for (size_t i = 0; i < c->n_members; i++)
		if (c->members[i].row.is_counted)
			return true;
	return false;
}

static void give_slots(struct plan_chain *c, bool is_same_map)
{
	uint32_t next = is_same_map ? c->before.next_slot : 1;

	for (size_t i = 0; i < c->n_members; i++) {
		struct link *row = &c->members[i].row;

		if (!row->is_counted)
			row->slot = 0;
		else if (!is_same_map || row->slot == 0)
			row->slot = next++;
	}
	c->after.next_slot = next;
}

int stats_map_prepare(struct context *ctx, struct plan_chain *c, int *ret_fd, struct reason *why)
{
	static const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_PERCPU_ARRAY,
						 .key_size = sizeof(uint32_t),
						 .value_size = sizeof(struct chain_counters),
						 .max_entries = 1,
						 .name = "bpfd_stats"};
	int fd = -1;
	paths_buf path;

	*ret_fd = -1;
	if (!is_counted(c)) {
		for (size_t i = 0; i < c->n_members; i++)
			c->members[i].row.slot = 0;
		return 0;
	}
	if (has_slots(c))
		fd = bpf_pin_open(paths_in_chain(ctx->paths, &c->before, "stats", path), false,
				  NULL);
	give_slots(c, fd >= 0);
	if (c->after.next_slot > CHAIN_SLOTS_MAX)
		return fail(why, -E2BIG, "%s: at most %d programs can have statistics",
			    c->after.hook, CHAIN_SLOTS_MAX - 1);
	if (fd < 0)
		fd = bpf_map_make(&spec);
	if (fd < 0)
		return fail(why, fd, "cannot make the map for statistics: %s", strerror(-fd));
	*ret_fd = fd;
	return 0;
}
