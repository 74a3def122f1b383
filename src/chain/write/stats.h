/* SPDX-License-Identifier: Apache-2.0 */
/* Counting in the chain itself: verdicts of each counted member, and the time of one packet in
 * CHAIN_SAMPLE. Members that are not counted cost nothing. */
#pragma once

#include "chain/write/emit.h"

/* Look up the counters; the context is in its slot already. */
void stats_write_prologue(struct writer *w);
/* Before member @i: nothing unless it is counted. Leaves r1 to others. */
void stats_write_start(struct writer *w, size_t i);
/* Behind it; keeps r0. */
void stats_write_end(struct writer *w, size_t i);
