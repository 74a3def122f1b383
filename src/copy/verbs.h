/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd-image-copy does under its names. */
#pragma once

#include <stddef.h>

#include "base/text.h"
#include "copy/tool.h"

struct reason;

/* What was asked for; strings are the caller's. @out: what is printed after success. */
struct copy_command {
	struct tool tool;
	const char *output;
	const char *from;
	const char *to;
	struct text out;
};

/* FROM to TO. */
int copy_copy(struct copy_command *command, struct reason *why);

/* FROM, an image of the daemon's store, to a layout or an archive (.output). */
int copy_save(struct copy_command *command, struct reason *why);

/* FROM, a layout or an archive, into the daemon's store under the name TO. */
int copy_load(struct copy_command *command, struct reason *why);
