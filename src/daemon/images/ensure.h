/* SPDX-License-Identifier: Apache-2.0 */
/* Having an image: from the store, or out of a registry. Runs in the threads that may wait for the
 * network, never in the worker. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/images/images.h"

struct context;
struct job_identity;
struct reason;

/* As in the API; borrowed. */
struct image_login {
	const char *registry; /* "": any */
	const char *username;
	const char *password;
};

/**
 * struct image_wish - borrowed.
 * @reference: "quay.io/x/y:tag" or "image://…".
 * @source: "" or NULL, or a layout that is read as @as instead of the registry.
 * @policy: "Always", "IfNotPresent", "Never"; "" or NULL: @default_policy.
 */
struct image_wish {
	const char *reference;
	const char *policy;
	const char *default_policy;
	const struct image_login *logins;
	size_t n_logins;
	const char *source;
	const struct job_identity *as;
};

/**
 * images_ensure() - have it in the store.
 * @ret_pulled: something came over the network; may be NULL.
 *
 * What is pinned by digest is never asked for twice. Two that want the same at once: one download.
 *
 * Return: 0, -ENOENT (policy Never and it is not there), -EINVAL (reference, policy), what
 * job_fetch() says, -ENOSPC.
 */
int images_ensure(struct context *ctx, const struct image_wish *wish, struct image *ret,
		  bool *ret_pulled, struct reason *why);

/* Make room: the longest unused that no program comes from go until the store is small enough. */
int images_evict(struct context *ctx, const char *keep, struct reason *why);
