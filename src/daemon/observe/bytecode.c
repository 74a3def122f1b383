/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a text to a described object; parsing is the children's. */
#include "daemon/observe/bytecode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/auth/auth.h"
#include "daemon/context.h"
#include "daemon/images/images.h"
#include "daemon/store/config.h"
#include "forkserver/client.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

void fetched_done(struct fetched *f)
{
	fd_close(&f->fd);
	free(f->url);
	object_done(&f->object);
	image_labels_done(&f->labels);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

static int fetch_file(struct context *ctx, const struct caller *caller, const char *path,
		      struct fetched *f, struct reason *why)
{
	_close_ int fd = job_open(ctx->forkserver, &caller->identity, JOB_OPEN_OBJECT, path, why);
	int r;

	if (fd < 0)
		return fd;
	r = job_copy(fd, f->digest, why);
	if (r < 0) {
		reason_prefix(why, "%s", path);
		return r;
	}
	f->fd = r;
	return 0;
}

/* The thread that had the image pulled it before; here nothing waits for a network. */
static int fetch_image(struct context *ctx, const struct bytecode *b, struct fetched *f,
		       struct reason *why)
{
	_image_ struct image image = {0};
	int r = images_check(ctx->images, why);

	if (r == 0)
		r = images_get(ctx->images, b->path, &image, why);

	if (r < 0)
		return r;
	if (r == 0)
		return fail(why, -EAGAIN, "image %s left the store meanwhile: try again", b->path);
	r = images_open_blob(ctx->images, image.object, why);
	if (r < 0)
		return r;
	f->fd = r;
	f->labels = image.labels;
	image.labels = (struct image_labels){0};
	memcpy(f->digest, image.object, sizeof(f->digest));
	return 0;
}

static int fetch(struct context *ctx, const struct caller *caller, const struct bytecode *b,
		 struct fetched *f, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode mirror = {0};
	_free_ char *text = NULL;
	struct image_found found;
	int r;

	if (b->scheme == BYTECODE_FILE)
		return fetch_file(ctx, caller, b->path, f, why);
	if (b->scheme == BYTECODE_IMAGE && !settings_has_layout(ctx->settings, b->path))
		return fetch_image(ctx, b, f, why);
	if (b->scheme == BYTECODE_IMAGE) {
		r = settings_resolve_image(ctx->settings, b->url, &text, why);
		if (r == 0)
			r = bytecode_parse(text, &mirror, why);
		if (r < 0)
			return r;
		b = &mirror;
	}
	r = job_image(ctx->forkserver, &caller->identity, b, &found, why);
	if (r < 0)
		return r;
	f->fd = found.fd;
	f->labels = found.labels;
	memcpy(f->digest, found.digest, sizeof(f->digest));
	return 0;
}

static int describe(struct context *ctx, struct fetched *f, struct reason *why)
{
	int r = store_object_get(ctx->store, f->digest, &f->object, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = job_look(ctx->forkserver, f->fd, &f->object, why);
	if (r < 0) {
		reason_prefix(why, "%s", f->url);
		return r;
	}
	return store_object_put(ctx->store, f->digest, &f->object, why);
}

int observe_bytecode(struct context *ctx, const struct caller *caller, const char *text,
		     struct fetched *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode b = {0};
	_cleanup_(fetched_done) struct fetched f = {.fd = -1};
	int r;

	if (!*text)
		return fail(why, -EINVAL, "no bytecode given");
	r = bytecode_parse(text, &b, why);
	if (r < 0)
		return r;
	if (text_set(&f.url, b.url) < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = fetch(ctx, caller, &b, &f, why);
	if (r == 0)
		r = describe(ctx, &f, why);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct fetched){.fd = -1};
	return 0;
}
