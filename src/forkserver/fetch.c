/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the child of a pull, and believes only what can be checked here. */
#include "forkserver/fetch.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "forkserver/job.h"
#include "model/object.h"

void fetched_image_init(struct fetched_image *image)
{
	*image = (struct fetched_image){.object = -1};
	for (size_t i = 0; i < FETCH_BLOBS_MAX; i++)
		image->blobs[i] = -1;
}

void fetched_image_done(struct fetched_image *image)
{
	fd_close(&image->object);
	fd_close_many(image->blobs, FETCH_BLOBS_MAX);
	fetch_answer_done(&image->answer);
}

static int take_fds(struct message *m, struct fetched_image *image)
{
	size_t at = 0;

	if (!image->answer.is_known && m->n_fds > 0)
		image->object = take_fd(&m->fds[at++]);
	for (size_t i = 0; i < image->answer.n_blobs; i++)
		if (!image->answer.blobs[i].is_stored && at < m->n_fds)
			image->blobs[i] = take_fd(&m->fds[at++]);
		else if (!image->answer.blobs[i].is_stored)
			return -EBADMSG;
	return at == m->n_fds && (image->answer.is_known || image->object >= 0) ? 0 : -EBADMSG;
}

static int take_answer(struct message *m, struct fetched_image *image, struct reason *why)
{
	int r = fetch_answer_decode(m->data, m->len, &image->answer);

	if (r == 0)
		r = take_fds(m, image);
	if (r == 0 && image->object >= 0 && fd_is_sealed(image->object) != 1)
		r = -EBADMSG;
	if (r < 0)
		return fail(why, r, "bpfd-fetch sent a malformed answer");
	if (image->object < 0)
		return 0;
	r = digest_fd(image->object, OBJECT_SIZE_MAX, image->object_digest);
	return r < 0 ? fail(why, r, "cannot read the object of the image: %s", strerror(-r)) : 0;
}

int job_fetch(struct forkserver *fs, const struct fetch_order *order,
	      const struct fetch_files *files, struct fetched_image *ret, struct reason *why)
{
	const int fds[] = {files->store, files->opener};
	size_t n_fds = files->opener >= 0 ? 2 : files->store >= 0;
	_cleanup_(fetched_image_done) struct fetched_image image;
	_job_ struct job job = {.sock = -1};
	_message_ struct message m = {0};
	_text_ struct text w = {0};
	int r;

	fetched_image_init(&image);
	fetch_order_encode(order, &w);
	r = w.r < 0 ? fail(why, w.r, "out of memory") : job_start(fs, JOB_KIND_FETCH, &job, why);
	if (r == 0)
		r = job_call(&job,
			     &(struct message_out){
				     .data = w.data, .len = w.len, .fds = fds, .n_fds = n_fds},
			     &m, why);
	/* Passwords were in it. */
	if (w.data)
		explicit_bzero(w.data, w.len);
	if (r == 0)
		r = take_answer(&m, &image, why);
	if (r < 0)
		return r;
	*ret = image;
	fetched_image_init(&image);
	return 0;
}
