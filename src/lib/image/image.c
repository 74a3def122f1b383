/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images: pull, list, remove, tag. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lib/args.h"
#include "lib/conn.h"

#define BLOB_MAX (64u << 20)

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
	m->source = args_text(o.source);
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

/* One piece behind what there is. Return: bytes that are still missing, or -errno. */
static int64_t read_piece(struct bpfd_conn *conn, Bpfd__V1__ReadBlobRequest *request, char **data)
{
	struct conn_call call = {"ReadBlob", &request->base,
				 &bpfd__v1__read_blob_response__descriptor};
	const Bpfd__V1__ReadBlobResponse *m;
	struct reply *reply;
	int64_t left = conn_run(conn, &call, &reply);
	char *more;

	if (left < 0)
		return left;
	m = reply_answer(ReadBlobResponse, reply);
	more = m->size <= BLOB_MAX && m->data.len <= m->size - request->offset
		       ? realloc(*data, m->size + 1)
		       : NULL;
	if (!more || (m->data.len == 0 && m->size > request->offset)) {
		reply_free(reply);
		return fail(&conn->why, -EPROTO, "the daemon sends a blob that cannot be");
	}
	*data = more;
	if (m->data.len > 0)
		memcpy(more + request->offset, m->data.data, m->data.len);
	request->offset += m->data.len;
	more[request->offset] = '\0';
	left = (int64_t)(m->size - request->offset);
	reply_free(reply);
	return left;
}

int bpfd_image_read(struct bpfd_conn *conn, const char *reference, const char *digest,
		    struct bpfd_blob *ret)
{
	Bpfd__V1__ReadBlobRequest request = BPFD__V1__READ_BLOB_REQUEST__INIT;
	_free_ char *data = NULL;
	int64_t left = conn_begin(conn, ret);

	if (left < 0)
		return (int)left;
	request.reference = args_text(reference);
	request.digest = args_text(digest);
	do {
		left = read_piece(conn, &request, &data);
	} while (left > 0);
	if (left < 0)
		return (int)left;
	*ret = (struct bpfd_blob){take_ptr(data), request.offset};
	return 0;
}
