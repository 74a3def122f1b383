/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the descriptors of members' maps while a chain is loaded. */
#include "chain/load/maps.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/reason.h"
#include "chain/link.h"
#include "chain/load/load.h"

void maps_done(struct maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		fd_close(&maps->list[i].fd);
	free(maps->list);
	*maps = (struct maps){0};
}

static int open_map(struct maps *maps, const struct chain_load *wish, uint32_t key,
		    struct reason *why)
{
	struct open_map *map;
	int fd;

	for (size_t i = 0; i < maps->n; i++)
		if (maps->list[i].key == key)
			return maps->list[i].fd;
	fd = wish->map_fd ? wish->map_fd(wish->arg, key, why) : -ENOENT;
	if (fd < 0)
		return fail(why, fd, "a map of the chain cannot be opened");
	map = array_add((void **)&maps->list, &maps->n, sizeof(*map));
	if (!map) {
		fd_close(&fd);
		return fail(why, -ENOMEM, "out of memory");
	}
	*map = (struct open_map){.key = key, .fd = fd};
	return fd;
}

static int find_map(struct maps *maps, const struct chain_load *wish, uint32_t key, int next_fd,
		    struct reason *why)
{
	int fd;

	if (key != CHAIN_KEY_STATS && key != CHAIN_KEY_NEXT)
		return open_map(maps, wish, key, why);
	fd = key == CHAIN_KEY_STATS ? wish->stats_fd : next_fd;
	return fd < 0 ? fail(why, -EINVAL, "the chain wants a map of ours that was not made") : fd;
}

int maps_enter(struct maps *maps, const struct chain_load *wish, struct chain_code *code,
	       int next_fd, struct reason *why)
{
	struct bpf_insn *insns = code->insns;

	for (uint32_t i = 0; i < code->n_map_refs; i++) {
		const struct map_ref *ref = &code->map_refs[i];
		int fd = find_map(maps, wish, ref->map, next_fd, why);

		if (fd < 0)
			return fd;
		insns[ref->insn].imm = fd;
	}
	return 0;
}
