/* SPDX-License-Identifier: Apache-2.0 */
/* Making a hook concrete: the netns and the binary opened, the interface and the function found. */
#pragma once

#include <stdint.h>

#include "hooks/ops.h"

struct caller;
struct context;
struct link;
struct reason;

/**
 * observe_place() - open and resolve what a hook names, as the caller.
 * @ret: .hook borrows @hook; descriptors are the caller's to close (place_done()).
 *
 * Return: 0, -ENOENT, -EACCES, -EINVAL, -EOPNOTSUPP (this kernel lacks the hook).
 */
int observe_place(struct context *ctx, const struct caller *caller, const struct hook *hook,
		  struct hook_place *ret, struct reason *why);

/* The place of an existing link, opened by the daemon itself; the netns must be the same one as at
 * attach. */
int observe_place_of_link(struct context *ctx, const struct link *link, const struct hook *hook,
			  struct hook_place *ret, struct reason *why);

/* Open a network namespace: a name or a path as the caller, "container:ID" for those who may.
 * Return: descriptor, -ENOENT, -EACCES, -EINVAL. */
int observe_netns(struct context *ctx, const struct caller *caller, const char *netns,
		  struct reason *why);

void place_done(struct hook_place *place);
