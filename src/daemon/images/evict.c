/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what goes when the store of images is full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/images/ensure.h"
#include "manifest/settings.h"

#define DEFAULT_MIB 1024

static int by_use(const void *a, const void *b)
{
	const struct image *x = a, *y = b;

	return x->used_at < y->used_at ? -1 : x->used_at > y->used_at;
}

static uint64_t limit_of(const struct context *ctx)
{
	uint32_t mib = ctx->settings->image_store_mib;

	return (uint64_t)(mib ? mib : DEFAULT_MIB) << 20;
}

static int evict_one(struct context *ctx, const struct image *image, struct reason *why)
{
	uint64_t bytes = 0;
	int r = images_is_used(ctx->images, image, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = images_remove(ctx->images, image->reference, &bytes, why);
	if (r == 0)
		log_info("image %s leaves the store to make room", image->reference);
	return r == -ENOENT ? 0 : r;
}

int images_evict(struct context *ctx, const char *keep, struct reason *why)
{
	_cleanup_(image_list_done) struct image_list list = {0};
	uint64_t total;
	int r = images_total(ctx->images, &total, why);

	if (r < 0 || total <= limit_of(ctx))
		return r;
	r = images_list(ctx->images, &list, why);
	if (r == 0 && list.n > 0)
		qsort(list.items, list.n, sizeof(*list.items), by_use);
	for (size_t i = 0; i < list.n && r == 0 && total > limit_of(ctx); i++) {
		if (strcmp(list.items[i].reference, keep) == 0)
			continue;
		r = evict_one(ctx, &list.items[i], why);
		if (r == 0)
			r = images_total(ctx->images, &total, why);
	}
	return r;
}
