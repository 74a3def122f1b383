/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the two children of an image: tells the opener the directory, the parser the tag and the
 * opener's socket, and believes only what can be checked here. */
#include "forkserver/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "fetch/order.h"
#include "forkserver/job.h"
#include "forkserver/opener.h"
#include "model/bytecode.h"
#include "model/object.h"

/* The identity comes first in the message of every child that becomes the client. */
static int call_opener(struct job *opener, const struct job_identity *as, const char *layout,
		       struct reason *why)
{
	_message_ struct message m = {0};
	_text_ struct text w = {0};

	job_identity_encode(as, &w);
	buf_put_str(&w, layout);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	return job_call(opener, &(struct message_out){.data = w.data, .len = w.len}, &m, why);
}

void image_found_done(struct image_found *found)
{
	fd_close(&found->fd);
	image_labels_done(&found->labels);
	free(found->evidence.data);
}

static int get_digest(struct buf_reader *rd, char ret[static DIGEST_TEXT_SIZE])
{
	_free_ char *s = buf_get_str(rd, DIGEST_TEXT_SIZE);

	if (!s || !digest_is_valid(s))
		return -EBADMSG;
	memcpy(ret, s, DIGEST_TEXT_SIZE);
	return 0;
}

static int get_evidence(struct buf_reader *rd, struct trust_bytes *ret)
{
	const void *data = buf_get_bytes(rd, FETCH_TRUST_MAX, &ret->len);

	ret->data = rd->r == 0 ? calloc(1, ret->len + 1) : NULL;
	if (!ret->data)
		return rd->r < 0 ? rd->r : -ENOMEM;
	memcpy(ret->data, data, ret->len);
	return 0;
}

static int decode(const struct message *m, struct image_found *ret)
{
	struct buf_reader rd;
	const void *labels;
	size_t len;
	int r;

	buf_reader_init(&rd, m->data, m->len);
	labels = buf_get_bytes(&rd, m->len, &len);
	r = rd.r < 0 ? rd.r : image_labels_decode(labels, len, &ret->labels);
	if (r == 0)
		r = get_digest(&rd, ret->top);
	if (r == 0)
		r = get_digest(&rd, ret->manifest);
	if (r == 0)
		r = get_evidence(&rd, &ret->evidence);
	return r < 0 ? r : buf_reader_end(&rd);
}

static int take_answer(struct message *m, struct image_found *ret, struct reason *why)
{
	_cleanup_(image_found_done) struct image_found found = {.fd = -1};
	int r;

	if (m->n_fds != 1 || fd_is_sealed(m->fds[0]) != 1)
		return fail(why, -EBADMSG, "the image parser sent no sealed object");
	r = digest_fd(m->fds[0], OBJECT_SIZE_MAX, found.digest);
	if (r < 0)
		return fail(why, r, "cannot read the object of the image: %s", strerror(-r));
	r = decode(m, &found);
	if (r < 0)
		return fail(why, r, "the image parser sent a malformed answer");
	found.fd = take_fd(&m->fds[0]);
	*ret = found;
	found = (struct image_found){.fd = -1};
	return 0;
}

static int call_parser(struct forkserver *fs, const struct job *opener, const struct image_ask *ask,
		       struct image_found *ret, struct reason *why)
{
	_job_ struct job parser = {.sock = -1};
	_message_ struct message m = {0};
	_text_ struct text w = {0};
	int r;

	buf_put_str(&w, ask->from->tag);
	buf_put_u32(&w, ask->wants_signatures);
	buf_put_str(&w, ask->btf);
	r = w.r < 0 ? fail(why, w.r, "out of memory") : job_start(fs, JOB_KIND_IMAGE, &parser, why);
	if (r == 0)
		r = job_call(
			&parser,
			&(struct message_out){
				.data = w.data, .len = w.len, .fds = &opener->sock, .n_fds = 1},
			&m, why);
	return r < 0 ? r : take_answer(&m, ret, why);
}

int job_opener(struct forkserver *fs, const struct image_ask *ask, struct job *ret,
	       struct reason *why)
{
	const char *layout = ask->from->path;
	int r;

	if (layout[0] != '/')
		return fail(why, -EINVAL, "layout path \"%s\" is not absolute", layout);
	r = job_start(fs, JOB_KIND_OPENER, ret, why);
	return r < 0 ? r : call_opener(ret, ask->as, layout, why);
}

int job_image(struct forkserver *fs, const struct image_ask *ask, struct image_found *ret,
	      struct reason *why)
{
	_job_ struct job opener = {.sock = -1};
	int r = job_opener(fs, ask, &opener, why);

	if (r < 0)
		return r;
	r = call_parser(fs, &opener, ask, ret, why);
	if (r < 0)
		reason_prefix(why, "oci:%s", ask->from->path);
	return r;
}
