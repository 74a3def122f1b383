/* SPDX-License-Identifier: Apache-2.0 */
/* What a crash left behind: rows that never became live. */
#pragma once

#include <stdint.h>

struct chain_list;
struct link_list;
struct reason;
struct store;

/* Is there any pending row? 1, 0, -errno. */
int store_has_pending(struct store *store, struct reason *why);

/* Links that were being made. */
int store_pending_links(struct store *store, struct link_list *ret, struct reason *why);

/* Chains that were being made. */
int store_pending_chains(struct store *store, struct chain_list *ret, struct reason *why);

/* Forget all pending rows. */
int store_pending_delete(struct store *store, struct reason *why);

/* Is there a row (pending or live) for this load uuid, for this link id? 1, 0, -errno. */
int store_has_load(struct store *store, const char *load, struct reason *why);
int store_has_link(struct store *store, uint32_t id, struct reason *why);
