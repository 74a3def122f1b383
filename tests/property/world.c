/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the maps. A failing call on a map of ours is a defect of the test: it ends. */
#include "world.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "chain/load/load.h"
#include "kernel/bpf.h"

static const struct bpf_map_spec specs[_WORLD_MAPS] = {
	[WORLD_FIRST] = {BPF_MAP_TYPE_ARRAY, 4, 8 * WORLD_VALUES, 1, 0, "first"},
	[WORLD_SECOND] = {BPF_MAP_TYPE_ARRAY, 4, 8 * WORLD_VALUES, 1, 0, "second"},
	[WORLD_LOOKED_UP] = {BPF_MAP_TYPE_ARRAY, 4, 8, WORLD_ENTRIES, 0, "looked_up"},
	[WORLD_HASH] = {BPF_MAP_TYPE_HASH, 4, 8, 4 * WORLD_KEYS, 0, "hash"},
	[WORLD_STATS] = {BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct chain_counters), 1, 0,
			 "stats"},
};

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-r));
	exit(2);
}

int world_init(struct world *w)
{
	chain_limits_probe(&w->limits);
	w->n_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);
	for (size_t i = 0; i < _WORLD_MAPS; i++) {
		struct bpf_map_info info;
		int r;

		w->fds[i] = bpf_map_make(&specs[i]);
		r = w->fds[i] < 0 ? w->fds[i] : bpf_map_info(w->fds[i], &info);
		if (r < 0)
			return r;
		w->maps[i] = (struct chain_map){.key = info.id, .type = info.type};
	}
	return 0;
}

void world_reset(const struct world *w)
{
	const uint64_t zeroes[WORLD_VALUES] = {0};
	_free_ void *counters = calloc(w->n_cpus, sizeof(struct chain_counters));
	uint32_t key = 0;

	must(bpf_map_put(w->fds[WORLD_FIRST], &key, zeroes, BPF_ANY), "reset");
	must(bpf_map_put(w->fds[WORLD_SECOND], &key, zeroes, BPF_ANY), "reset");
	must(bpf_map_put(w->fds[WORLD_STATS], &key, counters, BPF_ANY), "reset");
	for (key = 0; key < WORLD_ENTRIES; key++)
		must(bpf_map_put(w->fds[WORLD_LOOKED_UP], &key, zeroes, BPF_ANY), "reset");
	for (key = 0; key < WORLD_KEYS; key++)
		bpf_map_delete(w->fds[WORLD_HASH], &key);
}

void world_read(const struct world *w, struct world_content *ret)
{
	uint32_t key = 0;

	must(bpf_map_lookup(w->fds[WORLD_FIRST], &key, ret->arrays[0]), "read");
	must(bpf_map_lookup(w->fds[WORLD_SECOND], &key, ret->arrays[1]), "read");
	for (key = 0; key < WORLD_ENTRIES; key++)
		must(bpf_map_lookup(w->fds[WORLD_LOOKED_UP], &key, &ret->entries[key]), "read");
	for (key = 0; key < WORLD_KEYS; key++)
		if (bpf_map_lookup(w->fds[WORLD_HASH], &key, &ret->hash[key]) < 0)
			ret->hash[key] = UINT64_MAX;
}

void world_count(const struct world *w, struct chain_counters *ret)
{
	_free_ struct chain_counters *all = calloc(w->n_cpus, sizeof(*all));
	uint32_t key = 0;

	memset(ret, 0, sizeof(*ret));
	must(bpf_map_lookup(w->fds[WORLD_STATS], &key, all), "count");
	for (unsigned int cpu = 0; cpu < w->n_cpus; cpu++) {
		ret->ticks += all[cpu].ticks;
		for (size_t slot = 0; slot < CHAIN_SLOTS_MAX; slot++)
			for (size_t i = 0; i < CHAIN_COUNTED_MAX; i++)
				ret->slots[slot].verdicts[i] += all[cpu].slots[slot].verdicts[i];
	}
}
