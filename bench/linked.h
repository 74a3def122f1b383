/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of counting members, linked and loaded in this process, and what a packet costs in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "chain/load/load.h"
#include "series.h"

#define LINKED_MAX 128

/* How a chain shall be. @n_segments: 1 or 2. */
struct linked_wish {
	unsigned int n;
	bool is_called;
	bool is_counted;
	unsigned int n_segments;
};

/* A loaded chain; ends with chain_loaded_done(). Failures end the program. */
void linked_load(const struct linked_wish *wish, struct chain_loaded *ret);

/* One member by itself: its program. */
int linked_alone(void);

/* Nanoseconds of one packet: @rounds values, each of many runs. */
void linked_time(int program_fd, unsigned int rounds, struct series *ret);

/* Medians of single runs of a counted chain: one that is timed in the chain, and one that is not.
 */
void linked_time_sample(const struct chain_loaded *loaded, double *ret_sampled, double *ret_other);
