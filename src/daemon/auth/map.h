/* SPDX-License-Identifier: Apache-2.0 */
/* Who may have the descriptor of a map, and who may have it read by the daemon. */
#pragma once

#include <stdbool.h>

struct caller;
struct map;
struct reason;

/**
 * auth_map_fd() - may a descriptor of this map leave the daemon for the caller?
 *
 * Administrators: any. Others: data maps only, to their owner and to whom the export's owner, group
 * and mode name. The right to read is not enough: a descriptor is authority. Return: 0, -EACCES
 * (says who may, and how to get there).
 */
int auth_map_fd(const struct caller *caller, const struct map *map, bool want_write,
		struct reason *why);

/* May the daemon read the map to the caller? Those with the right to read, and those who may have
 * its descriptor. */
int auth_map_read(const struct caller *caller, const struct map *map, struct reason *why);
