/* SPDX-License-Identifier: Apache-2.0 */
/* One segment of a chain: linked, its references filled in, loaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/link.h"
#include "chain/load/maps.h"

struct chain_load;
struct chain_loaded;
struct reason;

/**
 * struct segment - what a load of segments shares; ends with segment_done().
 * @code:    of the segment that was linked last.
 * @log:     the verifier's about it, SEGMENT_LOG bytes that cost memory only where written.
 * @refused: -errno of the linker or of the kernel, for chain_refine(); 0: it failed otherwise.
 */
struct segment {
	const struct chain_load *wish;
	const struct chain_plan *plan;
	struct maps maps;
	struct chain_code code;
	char *log;
	int refused;
};

#define SEGMENT_LOG (16u << 20)

int segment_init(struct segment *s, const struct chain_load *wish, const struct chain_plan *plan,
		 struct reason *why);
void segment_done(struct segment *s);

/**
 * segment_load() - link and load segment @i, and fill its place in @ret.
 *
 * Segments are loaded from the last to the first: program @i + 1 is there already, and enters the
 * array that this one jumps through.
 * Return: 0, -errno. When the kernel refused it .log has the words, and @why has none yet.
 */
int segment_load(struct segment *s, uint32_t i, struct chain_loaded *ret, struct reason *why);
