/* SPDX-License-Identifier: Apache-2.0 */
/* Loading what the linker wrote: BTF, programs, the arrays that join segments; trying the next mode
 * when the kernel refuses one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/plan.h"

struct reason;

/**
 * struct chain_load - what to load; everything borrowed.
 * @map_fd:   opens the map with that key; the descriptor becomes ours. -errno: the load fails.
 * @stats_fd: the statistics map; -1 when no member is counted.
 * @alone_fd: descriptor of the program of the last member, for a segment that is the member itself;
 *            -1: that way out is not offered.
 * @name:     of the programs in the kernel, at most 15 characters.
 */
struct chain_load {
	const struct chain_rules *rules;
	const struct chain_limits *limits;
	const struct chain_member *members;
	size_t n_members;
	int (*map_fd)(void *arg, uint32_t key, struct reason *why);
	void *arg;
	int stats_fd;
	int alone_fd;
	const char *name;
};

/**
 * struct chain_loaded - the chain in the kernel.
 * @program_fds: one a segment; the first is the one to attach. Mode CHAIN_DIRECT has none.
 * @array_fds:   array i holds program i + 1; must stay pinned while the chain runs.
 * @is_called, @segment: by member, heap. @why: for .mode.
 * @n_insns:     of all segments. @verified: instructions that the verifier looked at, 0: unknown.
 * @link_us, @load_us: time spent linking, and in bpf(2).
 */
struct chain_loaded {
	enum chain_mode mode;
	char why[256];
	uint32_t n_segments;
	int program_fds[CHAIN_SEGMENTS_MAX];
	int array_fds[CHAIN_SEGMENTS_MAX];
	bool *is_called;
	uint32_t *segment;
	uint32_t n_insns;
	uint32_t verified;
	uint32_t link_us;
	uint32_t load_us;
};

void chain_loaded_done(struct chain_loaded *loaded);

/**
 * chain_load() - plan, link and load; the hook is not touched.
 *
 * Return: 0; as chain_plan(); -EACCES, -EINVAL, -E2BIG, … of the verifier: text names member,
 * cause, file and line of its source, detail is the verifier's log.
 */
int chain_load(const struct chain_load *wish, struct chain_loaded *ret, struct reason *why);

/* Limits of the running kernel. */
void chain_limits_probe(struct chain_limits *ret);
