/* SPDX-License-Identifier: Apache-2.0 */
/* The maps that all members may use, and what is in them. */
#pragma once

#include <stdint.h>

#include "chain/chain.h"

#define WORLD_VALUES  8	 /* 64-bit numbers in the value of an array of one */
#define WORLD_KEYS    16 /* of the hash */
#define WORLD_ENTRIES 8	 /* of the array that is looked up */

enum world_map { WORLD_FIRST, WORLD_SECOND, WORLD_LOOKED_UP, WORLD_HASH, WORLD_STATS, _WORLD_MAPS };

struct world {
	int fds[_WORLD_MAPS];
	struct chain_map maps[_WORLD_MAPS];
	unsigned int n_cpus;
	struct chain_limits limits; /* of the running kernel */
};

/* All that members write, but for the statistics. */
struct world_content {
	uint64_t arrays[2][WORLD_VALUES];
	uint64_t entries[WORLD_ENTRIES];
	uint64_t hash[WORLD_KEYS]; /* UINT64_MAX: not there */
};

/* Return: 0 or -errno. */
int world_init(struct world *w);

/* As at the beginning: zeroes, and no key. */
void world_reset(const struct world *w);
void world_read(const struct world *w, struct world_content *ret);

/* Counters of all processors. */
void world_count(const struct world *w, struct chain_counters *ret);
