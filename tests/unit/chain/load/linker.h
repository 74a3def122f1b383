/* SPDX-License-Identifier: Apache-2.0 */
/* A linker that writes what a test wants, in the place of src/chain. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "chain/plan.h"

/* What segment linker.at is, as long as linker.turns lasts; all others are good. */
enum linker_fault {
	LINKER_GOOD,
	LINKER_BAD_ACCESS, /* refused at instruction 2, of member 0 */
	LINKER_BAD_STACK,  /* refused as a whole */
	LINKER_BAD_TYPES,
	LINKER_TOO_WIDE,    /* -E2BIG of chain_link() */
	LINKER_NO_MEMORY,   /* -ENOMEM of chain_link() */
	LINKER_NO_MODULE,   /* calls a function of a module that is not there */
	LINKER_LOST_MODULE, /* calls a function of a module without its name */
	LINKER_STRANGE_MAP, /* refers to the statistics, which nobody made */
};

/* What it shall do, and what it was asked for. */
struct linker {
	uint32_t n_segments;
	bool is_alone;
	enum linker_fault fault;
	uint32_t at;
	int turns;
	bool is_stubborn; /* refines without an end */
	int n_links;
	int n_refined;
	uint32_t refined_segment;
	int refined_code;
	char refined_log[512];
};

extern struct linker linker;
