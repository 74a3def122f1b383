/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of volumes for pods. A row is put before its mount is made and goes after it is gone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/volume/volume.h"

struct reason;
struct store;

/* -EEXIST: there is a volume of that id or target, live or pending. @volume becomes pending. */
int store_volume_put(struct store *store, const struct volume *volume, struct reason *why);

/* What is made: the directory, what is pinned (@volume), and whether it is live. */
int store_volume_update(struct store *store, const struct volume *volume, bool is_live,
			struct reason *why);
int store_volume_delete(struct store *store, const char *uuid, struct reason *why);

/* A live one. -ENOENT. */
int store_volume_get(struct store *store, const char *uuid, struct volume *ret, struct reason *why);

/* The live one of this id or at this target; NULL: any. -ENOENT. */
int store_volume_find(struct store *store, const char *id, const char *target, struct volume *ret,
		      struct reason *why);

/* All live or all pending ones, by target. */
int store_volume_list(struct store *store, bool is_live, struct volume_list *ret,
		      struct reason *why);

/* How many rows there are. Return: the number or -errno. */
int store_volume_count(struct store *store, struct reason *why);

/* The map of this name of a config, else of a program: what a volume means by its names. Return: 1,
 * 0 (none), -errno. */
int store_map_of(struct store *store, const char *config, const char *name, struct map *ret,
		 struct reason *why);
