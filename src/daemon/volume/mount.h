/* SPDX-License-Identifier: Apache-2.0 */
/* Making and ending the file systems of a volume, by descriptor: no path is looked up twice. */
#pragma once

#include <stdbool.h>

struct context;
struct map_list;
struct reason;
struct target;
struct volume;

/* The directory of the target, when it is not there; sets .has_directory of the volume. */
int mount_directory(struct volume *volume, struct target *target, struct reason *why);

/**
 * mount_make() - mount the file systems of the layout on the target, empty.
 *
 * The tmpfs takes 64 KiB and 16 files. Everything is nosuid, nodev, noexec. -EBUSY: something else
 * is mounted there.
 */
int mount_make(const struct volume *volume, struct target *target, struct reason *why);

/**
 * mount_pin() - have the maps of the volume pinned, and no others; sets .pinned.
 * @maps: those that are loaded, in the order of .maps.
 *
 * A pin changes from the old map to the new one at once. A volume without pins (read-only, with
 * sockets) only notes the ids. Return: 0 or -errno.
 */
int mount_pin(const struct context *ctx, struct volume *volume, const struct target *target,
	      const struct map_list *maps, struct reason *why);

/* Make the sockets bpfd.sock and maps.sock anew and listen. @ret: api, maps. Then close the tmpfs
 * for writing. */
int mount_listen(const struct target *target, int ret[static 2], struct reason *why);

/* Take everything away that is mounted there and ours; also what is mounted in it. Nothing there is
 * success. -EBUSY: something else is mounted there. */
int mount_end(struct target *target, struct reason *why);
