/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of images, and the images that other methods name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/images/ensure.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

#define CHUNK_MAX (1u << 20)

#define MESSAGE(rq, type) request_message(rq, &bpfd__v1__##type##__descriptor)

static int lend_logins(struct request *rq, Bpfd__V1__Login *const *logins, size_t n,
		       struct image_wish *wish, struct reason *why)
{
	struct image_login *to = wire_arena_alloc(&rq->arena, n + 1, sizeof(*to));

	if (!to)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		to[i] = (struct image_login){logins[i]->registry, logins[i]->username,
					     logins[i]->password};
	wish->logins = to;
	wish->n_logins = n;
	return 0;
}

/* Files and layouts are nobody's business here. */
static bool is_remote(const struct request *rq, const char *bytecode)
{
	return strncmp(bytecode, "image://", 8) == 0 &&
	       !settings_has_layout(rq->ctx->settings, bytecode);
}

static int ensure(struct request *rq, const char *bytecode, const char *policy,
		  struct image_wish *wish, struct reason *why)
{
	_image_ struct image image = {0};

	if (!is_remote(rq, bytecode))
		return 0;
	wish->reference = bytecode;
	wish->policy = policy;
	wish->default_policy = "IfNotPresent";
	return images_ensure(rq->ctx, wish, &image, NULL, why);
}

int image_load_fetch(struct request *rq, struct reason *why)
{
	const Bpfd__V1__LoadRequest *in = (const Bpfd__V1__LoadRequest *)rq->in;
	struct image_wish wish = {0};
	int r = lend_logins(rq, in->logins, in->n_logins, &wish, why);

	return r < 0 ? r : ensure(rq, in->bytecode, in->pull_policy, &wish, why);
}

int image_apply_fetch(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ApplyRequest *in = (const Bpfd__V1__ApplyRequest *)rq->in;
	struct image_wish wish = {0};
	int r = lend_logins(rq, in->logins, in->n_logins, &wish, why);

	for (size_t i = 0; i < in->n_configs && r == 0; i++)
		for (size_t k = 0; k < in->configs[i]->n_programs && r == 0; k++)
			r = ensure(rq, in->configs[i]->programs[k]->bytecode,
				   in->configs[i]->programs[k]->pull_policy, &wish, why);
	return r;
}

static Bpfd__V1__Image *reply_image(struct request *rq, const struct image *image)
{
	Bpfd__V1__Image *to = MESSAGE(rq, image);

	if (!to || !(to->blobs = reply_array(rq, image->n_blobs)))
		return NULL;
	to->reference = request_string(rq, image->reference);
	to->digest = request_string(rq, image->digest);
	to->manifest = request_string(rq, image->manifest);
	to->object = request_string(rq, image->object);
	to->media_type = request_string(rq, image->media_type);
	to->dialect = request_string(rq, image->dialect);
	to->source = request_string(rq, image->source);
	to->verified = request_string(rq, image->verified);
	to->size = image_size(image);
	to->pulled_at = image->pulled_at;
	to->used_at = image->used_at;
	to->is_used = images_is_used(rq->ctx->images, image, NULL) == 1;
	for (size_t i = 0; i < image->n_blobs; i++)
		to->blobs[to->n_blobs++] = request_string(rq, image->blobs[i].digest);
	return to;
}

int image_pull_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__PullImageRequest *in = (const Bpfd__V1__PullImageRequest *)rq->in;
	Bpfd__V1__PullImageResponse *out = MESSAGE(rq, pull_image_response);
	struct image_wish wish = {.reference = in->reference,
				  .policy = in->policy,
				  .default_policy = "Always",
				  .source = in->source,
				  .as = &rq->caller->identity};
	_image_ struct image image = {0};
	bool was_pulled = false;
	int r = out ? lend_logins(rq, in->logins, in->n_logins, &wish, why)
		    : fail(why, -ENOMEM, "out of memory");

	if (r == 0)
		r = images_ensure(rq->ctx, &wish, &image, &was_pulled, why);
	if (r < 0)
		return r;
	out->image = reply_image(rq, &image);
	out->was_pulled = was_pulled;
	rq->out = &out->base;
	return request_finish(rq, why);
}

int image_list_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;
	Bpfd__V1__ListImagesResponse *out = MESSAGE(rq, list_images_response);
	_cleanup_(image_list_done) struct image_list list = {0};
	int r = images_check(rq->ctx->images, why);

	if (r == 0)
		r = images_list(rq->ctx->images, &list, why);

	if (r < 0)
		return r;
	if (!out || !(out->images = reply_array(rq, list.n)))
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < list.n; i++) {
		const struct image *image = &list.items[i];
		const char *at = *in->ref ? strstr(in->ref, "://") : NULL;
		const char *ref = at ? at + 3 : in->ref;

		if (*ref && strcmp(ref, image->reference) != 0 && strcmp(ref, image->digest) != 0)
			continue;
		if (!(out->images[out->n_images++] = reply_image(rq, image)))
			return fail(why, -ENOMEM, "out of memory");
	}
	if (*in->ref && out->n_images == 0)
		return fail(why, -ENOENT, "no image %s in the store", in->ref);
	rq->out = &out->base;
	return request_finish(rq, why);
}

static int remove_one(struct request *rq, const struct image *image, bool is_forced,
		      Bpfd__V1__RemoveImageResponse *out, struct reason *why)
{
	uint64_t bytes = 0;
	int r = is_forced ? 0 : images_is_used(rq->ctx->images, image, why);

	if (r == 1) {
		fail(why, -EBUSY, "a loaded program comes from image %s", image->reference);
		reason_hint(why, "unload it first, or --force: what is loaded stays loaded");
		return -EBUSY;
	}
	if (r == 0)
		r = images_remove(rq->ctx->images, image->reference, &bytes, why);
	if (r < 0)
		return r;
	out->bytes += bytes;
	out->references[out->n_references++] = request_string(rq, image->reference);
	return 0;
}

/* Canonical: without scheme, with a tag. */
static int name_of(const char *text, struct bytecode *ret, struct reason *why)
{
	_text_ struct text url = {0};

	text_add(&url, "%s%s", strncmp(text, "image://", 8) == 0 ? "" : "image://", text);
	return url.r < 0 ? fail(why, -ENOMEM, "out of memory") : bytecode_parse(url.data, ret, why);
}

static int find(struct request *rq, const char *text, struct image *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode name = {0};
	int r = images_check(rq->ctx->images, why);

	if (r == 0)
		r = digest_is_valid(text) ? 0 : name_of(text, &name, why);

	if (r == 0)
		r = images_get(rq->ctx->images, name.path ? name.path : text, ret, why);
	if (r != 0)
		return r < 0 ? r : 0;
	fail(why, -ENOENT, "no image %s in the store", text);
	reason_hint(why, "bpfctl image pull %s; \"bpfctl image ls\" shows what is there", text);
	return -ENOENT;
}

static int remove_unused(struct request *rq, Bpfd__V1__RemoveImageResponse *out, struct reason *why)
{
	_cleanup_(image_list_done) struct image_list list = {0};
	int r = images_check(rq->ctx->images, why);

	if (r == 0)
		r = images_list(rq->ctx->images, &list, why);

	if (r == 0 && !(out->references = reply_array(rq, list.n)))
		r = fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < list.n && r == 0; i++) {
		r = images_is_used(rq->ctx->images, &list.items[i], why);
		if (r == 0)
			r = remove_one(rq, &list.items[i], true, out, why);
		else if (r == 1)
			r = 0;
	}
	return r;
}

int image_remove_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__RemoveImageRequest *in = (const Bpfd__V1__RemoveImageRequest *)rq->in;
	Bpfd__V1__RemoveImageResponse *out = MESSAGE(rq, remove_image_response);
	_image_ struct image image = {0};
	int r = 0;

	if (!out || !(out->references = reply_array(rq, 1)))
		return fail(why, -ENOMEM, "out of memory");
	if (!*in->reference) {
		r = remove_unused(rq, out, why);
	} else {
		r = find(rq, in->reference, &image, why);
		if (r == 0)
			r = remove_one(rq, &image, in->force, out, why);
	}
	if (r < 0)
		return r;
	rq->out = &out->base;
	return request_finish(rq, why);
}

int image_tag_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__TagImageRequest *in = (const Bpfd__V1__TagImageRequest *)rq->in;
	Bpfd__V1__TagImageResponse *out = MESSAGE(rq, tag_image_response);
	_cleanup_(bytecode_done) struct bytecode name = {0};
	_image_ struct image image = {0};
	int r = out ? find(rq, in->reference, &image, why) : fail(why, -ENOMEM, "out of memory");

	if (r == 0)
		r = name_of(in->target, &name, why);
	if (r == 0 && name.digest)
		r = fail(why, -EINVAL, "%s: a new name has a tag and no digest", in->target);
	if (r == 0 && text_set(&image.reference, name.path) < 0)
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = images_put(rq->ctx->images, &image, why);
	if (r < 0)
		return r;
	out->image = reply_image(rq, &image);
	rq->out = &out->base;
	return request_finish(rq, why);
}

static bool has_blob(const struct image *image, const char *digest)
{
	for (size_t i = 0; i < image->n_blobs; i++)
		if (strcmp(image->blobs[i].digest, digest) == 0)
			return true;
	return false;
}

int image_blob_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ReadBlobRequest *in = (const Bpfd__V1__ReadBlobRequest *)rq->in;
	Bpfd__V1__ReadBlobResponse *out = MESSAGE(rq, read_blob_response);
	_image_ struct image image = {0};
	_close_ int fd = -1;
	ssize_t n = 0;
	int r = out ? find(rq, in->reference, &image, why) : fail(why, -ENOMEM, "out of memory");

	if (r == 0 && !has_blob(&image, in->digest))
		r = fail(why, -ENOENT, "image %s has no blob %.71s", in->reference, in->digest);
	if (r == 0 && in->offset > INT64_MAX)
		r = fail(why, -EINVAL, "an offset behind every blob");
	if (r < 0)
		return r;
	fd = images_open_blob(rq->ctx->images, in->digest, why);
	if (fd < 0)
		return fd;
	out->size = fd_size(fd);
	out->data.data = wire_arena_alloc(&rq->arena, 1, CHUNK_MAX);
	if (out->data.data)
		n = pread(fd, out->data.data, CHUNK_MAX, (off_t)in->offset);
	if (!out->data.data || n < 0)
		return fail(why, -ENOMEM, "cannot read blob %.19s", in->digest);
	out->data.len = (size_t)n;
	rq->out = &out->base;
	return request_finish(rq, why);
}
