/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery of hooks that take one program. */
#pragma once

#include <stdbool.h>

struct context;
struct reason;

/* Chains that were being made: their filters and pins go. Before pending rows are forgotten. */
int chains_recover_pending(struct context *ctx, struct reason *why);

/* What is attached runs the program of its row again when a change was not committed; a filter that
 * is missing comes back; pins of other revisions go. */
int chains_recover_live(struct context *ctx, struct reason *why);
