/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images: pull, list, remove, tag. */
#include "lib/args.h"
#include "lib/conn.h"

static int fill_pull(const struct args *args, const struct bpfd_pull_opts *opts,
		     Bpfd__V1__PullImageRequest *m)
{
	struct bpfd_pull_opts o;
	int r = args_take(opts, &o, sizeof(o), args->why);

	if (r < 0)
		return r;
	bpfd__v1__pull_image_request__init(m);
	m->reference = args_text(o.reference);
	m->policy = args_text(o.policy);
	return 0;
}

int bpfd_image_pull(struct bpfd_conn *conn, const struct bpfd_pull_opts *opts,
		    struct bpfd_images **ret)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__PullImageRequest request;
	struct conn_call call = {"PullImage", &request.base,
				 &bpfd__v1__pull_image_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = fill_pull(&(struct args){&arena, &conn->why}, opts, &request);
	if (r == 0)
		r = conn_logins(conn, &arena, &request.n_logins, &request.logins);
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	reply_set_items(reply, &reply_answer(PullImageResponse, reply)->image,
			reply_answer(PullImageResponse, reply)->image ? 1 : 0);
	*ret = (struct bpfd_images *)reply;
	return 0;
}

int bpfd_image_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		    struct bpfd_images **ret)
{
	const struct conn_list list = {"ListImages", &bpfd__v1__list_images_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListImagesResponse, *reply)->images,
				reply_answer(ListImagesResponse, *reply)->n_images);
	return r;
}

REPLY_LIST(image, images)

REPLY_TEXT(element, image, Image, reference, reference)
REPLY_TEXT(element, image, Image, digest, digest)
REPLY_TEXT(element, image, Image, manifest, manifest)
REPLY_TEXT(element, image, Image, object, object)
REPLY_TEXT(element, image, Image, media_type, media_type)
REPLY_TEXT(element, image, Image, dialect, dialect)
REPLY_TEXT(element, image, Image, verified, verified)
REPLY_TEXT(element, image, Image, source, source)
REPLY_NUMBER(element, uint64_t, image, Image, size, size)
REPLY_NUMBER(element, uint64_t, image, Image, pulled_at, pulled_at)
REPLY_NUMBER(element, uint64_t, image, Image, used_at, used_at)
REPLY_NUMBER(element, bool, image, Image, is_used, is_used)
REPLY_ITEM(element, const char *, image, Image, blob, blobs)

int bpfd_image_remove(struct bpfd_conn *conn, const char *reference, bool force,
		      uint64_t *ret_bytes)
{
	Bpfd__V1__RemoveImageRequest request = BPFD__V1__REMOVE_IMAGE_REQUEST__INIT;
	struct conn_call call = {"RemoveImage", &request.base,
				 &bpfd__v1__remove_image_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, conn);

	if (r < 0)
		return r;
	request.reference = args_text(reference);
	request.force = force;
	r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	if (ret_bytes)
		*ret_bytes = reply_answer(RemoveImageResponse, reply)->bytes;
	reply_free(reply);
	return 0;
}

int bpfd_image_tag(struct bpfd_conn *conn, const char *reference, const char *target)
{
	Bpfd__V1__TagImageRequest request = BPFD__V1__TAG_IMAGE_REQUEST__INIT;
	struct conn_call call = {"TagImage", &request.base,
				 &bpfd__v1__tag_image_response__descriptor};
	struct reply *reply;
	int r = conn_begin(conn, target);

	if (r < 0)
		return r;
	request.reference = args_text(reference);
	request.target = args_text(target);
	r = conn_run(conn, &call, &reply);
	if (r == 0)
		reply_free(reply);
	return r;
}
