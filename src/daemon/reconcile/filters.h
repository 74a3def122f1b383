/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery of tc filters, which no pin names: ours are known by the programs pinned in our loads.
 */
#pragma once

#include <stdbool.h>

struct context;
struct link;
struct link_list;

/* Remove from the hook of the pending link @l what runs a program of ours and no live link owns. */
void filters_remove_strays(struct context *ctx, const struct link *l, const struct link_list *live);

/*
 * The filter of the live link @l is gone: attach it again. Where a plan that was interrupted
 * (@was_interrupted) had put its own program in, put the row's back. A foreign filter stays.
 */
void filters_restore(struct context *ctx, struct link *l, bool was_interrupted);
