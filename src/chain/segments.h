/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a chain into programs that the kernel takes, and the stack within each. */
#pragma once

#include "chain/plan.h"

/* Members of one segment: @first to @end - 1. */
struct chain_segment {
	size_t first;
	size_t end;
	bool is_last;
};

struct chain_segment chain_segment_get(const struct chain_plan *plan, uint32_t segment);

/* Slots of the chain itself below the stack of its inlined members, in bytes. */
#define CHAIN_STACK_CONTEXT 8
#define CHAIN_STACK_STATS   24 /* context, counters, key */

bool chain_segment_has_stats(const struct chain_plan *plan, struct chain_segment s);
/* Bytes of the largest main function that is inlined, as a multiple of 8. */
uint32_t chain_segment_stack(const struct chain_plan *plan, struct chain_segment s);

/* Set .segment of each member and .n_segments, at least at each .is_cut. -E2BIG names the member
 * and the numbers. */
int chain_segments_cut(struct chain_plan *plan, struct reason *why);

/* Set .is_called and .is_alone of each member; may cut more. -E2BIG as above. */
int chain_segments_settle(struct chain_plan *plan, struct reason *why);

/* Does each verdict of the member mean to the kernel what it means in the chain, and may the member
 * itself be the end of one? */
bool chain_member_is_direct(const struct chain_plan *plan, size_t i);

/* After .is_cut or .forced of members changed (plan.c). Return: as chain_segments_settle(). */
int chain_plan_again(struct chain_plan *plan);
