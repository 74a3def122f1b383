/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the maps that members share: made once, written and read for each run. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/bpf.h"
#include "kernel/map.h"
#include "raw.h"

static void must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "raw: %s: %s\n", what, strerror(-r));
	exit(2);
}

static uint32_t entries_of(uint32_t map)
{
	return map < CODE_SINGLE ? 1 : 4;
}

int pool_init(struct pool *pool)
{
	const struct bpf_map_spec stats = {.type = BPF_MAP_TYPE_PERCPU_ARRAY,
					   .key_size = 4,
					   .value_size = sizeof(struct chain_counters),
					   .max_entries = 1,
					   .name = "stats"};

	*pool = (struct pool){.stats_fd = bpf_map_make(&stats), .n_cpus = map_cpus()};
	for (uint32_t i = 0; i < CODE_MAPS; i++) {
		const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_ARRAY,
						  .key_size = 4,
						  .value_size = CODE_VALUE / entries_of(i),
						  .max_entries = entries_of(i),
						  .name = "pool"};

		pool->fds[i] = bpf_map_make(&spec);
		if (pool->fds[i] < 0)
			return pool->fds[i];
	}
	pool->counters = calloc(pool->n_cpus, sizeof(*pool->counters));
	return pool->counters ? pool->stats_fd : -ENOMEM;
}

void pool_done(struct pool *pool)
{
	for (uint32_t i = 0; i < CODE_MAPS; i++)
		close(pool->fds[i]);
	close(pool->stats_fd);
	free(pool->counters);
}

void pool_write(struct pool *pool, const struct pool_values *values)
{
	const uint8_t *from = values->bytes;

	for (uint32_t i = 0; i < CODE_MAPS; i++)
		for (uint32_t key = 0; key < entries_of(i); key++) {
			must(bpf_map_put(pool->fds[i], &key, from, BPF_ANY),
			     "a map is not written");
			from += CODE_VALUE / entries_of(i);
		}
}

void pool_read(struct pool *pool, struct pool_values *ret)
{
	uint8_t *to = ret->bytes;

	for (uint32_t i = 0; i < CODE_MAPS; i++)
		for (uint32_t key = 0; key < entries_of(i); key++) {
			must(bpf_map_lookup(pool->fds[i], &key, to), "a map is not read");
			to += CODE_VALUE / entries_of(i);
		}
}

void pool_write_ticks(struct pool *pool, uint64_t ticks)
{
	uint32_t key = 0;

	memset(pool->counters, 0, pool->n_cpus * sizeof(*pool->counters));
	for (uint32_t i = 0; i < pool->n_cpus; i++)
		pool->counters[i].ticks = ticks;
	must(bpf_map_put(pool->stats_fd, &key, pool->counters, BPF_ANY), "the statistics");
}

void pool_read_counters(struct pool *pool, struct chain_counters *ret)
{
	uint64_t *to = (uint64_t *)(void *)ret;
	uint32_t key = 0;

	must(bpf_map_lookup(pool->stats_fd, &key, pool->counters), "the statistics");
	memset(ret, 0, sizeof(*ret));
	for (uint32_t i = 0; i < pool->n_cpus; i++) {
		const uint64_t *from = (const uint64_t *)(const void *)&pool->counters[i];

		for (size_t k = 0; k < sizeof(*ret) / sizeof(*to); k++)
			to[k] += from[k];
	}
}
