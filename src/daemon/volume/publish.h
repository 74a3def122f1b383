/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes come and go: all of it or nothing; refreshed when maps change, found again after a
 * crash. In the worker's thread, or before it starts. */
#pragma once

struct caller;
struct context;
struct reason;
struct volume;

/**
 * volume_publish() - make the volume.
 * @volume: checked; gets its uuid and what is found out.
 *
 * The same volume again is success and mounts nothing. Return: 0, -EEXIST (another volume has the
 * id or the target), -ENOENT (no such map, no pod), -EACCES (a map of somebody else, or one that
 * is no data), -EBUSY (something else is mounted there), -E2BIG (too many), -EOPNOTSUPP (the
 * settings have no kubernetes), -errno.
 */
int volume_publish(struct context *ctx, const struct caller *caller, struct volume *volume,
		   struct reason *why);

/* Take it away. What is not there is success; a foreign mount is -EBUSY. */
int volume_unpublish(struct context *ctx, const char *id, const char *target, struct reason *why);

/* Let every volume have the maps that its names mean now; what fails is logged. */
void volume_refresh_all(struct context *ctx);

/* After a start: finish or undo what a crash left, drop volumes of pods that are gone, listen
 * again. What fails is logged. */
void volume_recover_all(struct context *ctx);
