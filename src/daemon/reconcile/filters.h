/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery of tc filters, which no pin names: ours are known by the programs pinned in our chains.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct chain;
struct chain_list;
struct context;

/* Remove from the hook of the pending chain @c what runs a program of ours and no live chain owns.
 */
void filters_remove_strays(struct context *ctx, const struct chain *c,
			   const struct chain_list *live);

/* The filter of the live chain @c is gone: attach it again. Where a plan that was interrupted had
 * put its own program in, put the row's back. A foreign filter stays. */
void filters_restore(struct context *ctx, struct chain *c);

/* Is the program pinned as the first of some revision of a chain? */
bool filters_is_ours(struct context *ctx, uint32_t program_id);
