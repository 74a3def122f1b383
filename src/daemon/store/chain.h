/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of chains. */
#pragma once

#include <stdint.h>

struct chain;
struct chain_list;
struct reason;
struct store;

/* put: pending; reserves an id (never reused) and sets it. publish: live, with all that the run
 * filled in. */
int store_chain_put(struct store *store, struct chain *chain, struct reason *why);
int store_chain_publish(struct store *store, const struct chain *chain, struct reason *why);
int store_chain_delete(struct store *store, uint32_t id, struct reason *why);

/* The live chain on a hook. Return: 1, 0 (none), -errno. */
int store_chain_get(struct store *store, const char *hook, struct chain *ret, struct reason *why);

/* All live ones. */
int store_chain_list(struct store *store, struct chain_list *ret, struct reason *why);

/* Freplace programs that were loaded for a chain in libxdp's dispatcher. add: before they can be on
 * the interface, so that they are known again after a crash. list: at most STORE_EXT_MAX, the
 * youngest. forget: those that no live link of the chain has. list returns how many. */
#define STORE_EXT_MAX 64
int store_ext_add(struct store *store, uint32_t chain, uint32_t program_id, struct reason *why);
int store_ext_list(struct store *store, uint32_t chain, uint32_t ret[static STORE_EXT_MAX],
		   struct reason *why);
int store_ext_forget(struct store *store, uint32_t chain, struct reason *why);

/* Is there a live row of this id and revision? 1, 0, -errno. */
int store_has_chain(struct store *store, uint32_t id, uint32_t revision, struct reason *why);
