/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of making one volume, and their way back. */
#pragma once

#include <stdbool.h>

#include "daemon/volume/target.h"
#include "daemon/volume/volume.h"

struct context;
struct reason;

/**
 * struct make - a volume on its way.
 * @relative: of its target, borrowed. @sockets: api, maps; given to the loop at the end.
 */
struct make {
	struct context *ctx;
	struct volume *volume;
	const struct map_list *maps;
	const char *relative;
	struct target target;
	int sockets[2];
};

void make_done(struct make *make);

/* Run the steps; when one fails the others are undone. */
int make_all(struct make *make, struct reason *why);

/* Is everything of a live volume in its place? */
bool make_is_there(struct context *ctx, const struct volume *volume);

/* Unmount, remove the directory if we made it, delete the row. A pod that is gone is success. */
int make_end(struct context *ctx, const struct volume *volume, struct reason *why);

/* Pin what the names mean now. @always: also when nothing seems to have changed. */
int make_refresh(struct context *ctx, struct volume *volume, bool always, struct reason *why);

/* After a start: mount what is not mounted, pin, listen. -ENOENT: the pod is gone. */
int make_again(struct context *ctx, struct volume *volume, struct reason *why);
