/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery of links whose plan did not reach its commit. */
#pragma once

#include <stdbool.h>

struct context;
struct reason;

/* Remove pending links: pin, kept descriptor, tc filter. */
int links_recover_pending(struct context *ctx, struct reason *why);

/*
 * Live links: a tc filter that was taken off comes back; with @was_interrupted a link that runs
 * another program than its row says is pointed back. Descriptors of links without a row are given
 * up.
 */
int links_recover_live(struct context *ctx, bool was_interrupted, struct reason *why);
