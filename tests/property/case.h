/* SPDX-License-Identifier: Apache-2.0 */
/* One random chain: its members run one after the other by the plain rules, and then linked. */
#pragma once

#include <stdint.h>

#include "world.h"

/* What the cases of one run were. */
struct tally {
	uint32_t cases;
	uint32_t members;
	uint32_t refused_members;
	uint32_t refused_chains; /* for a reason that docs/CHAIN.md gives */
	uint32_t modes[8];	 /* by enum chain_mode */
};

/* Return: 0 (they agree), 1 (they do not, and it was told), -errno. */
int case_run(uint64_t seed, const struct world *world, struct tally *tally);
