/* SPDX-License-Identifier: Apache-2.0 */
/* Owns copy, save and load. */
#include "copy/verbs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <bpfd/bpfd.h>

#include "base/reason.h"
#include "copy/oci_archive.h"
#include "copy/scratch.h"

int copy_copy(struct copy_command *c, struct reason *why)
{
	_place_ struct place from = {.dir = -1};
	_place_ struct place to = {.dir = -1};
	char digest[DIGEST_TEXT_SIZE];
	unsigned int n = 0;
	int r = place_open(&c->tool.place, c->from, false, &from, why);

	if (r == 0)
		r = place_open(&c->tool.place, c->to, true, &to, why);
	if (r == 0)
		r = copy_image(&from, &to, digest, why);
	if (r == 0)
		r = copy_signatures(&from, &to, digest, &n, why);
	if (r == 0)
		text_add(&c->out, "%s %s", c->to, digest);
	if (r == 0 && n > 0)
		text_add(&c->out, ", and %u signature%s", n, n == 1 ? "" : "s");
	text_add(&c->out, "\n");
	return r;
}

static int open_stored(const struct copy_command *c, struct place *ret, struct reason *why)
{
	int r = place_open_store(c->tool.socket, c->from, ret, why);

	if (r == 1 || r < 0)
		return r < 0 ? r : 0;
	if (!ret->store)
		return fail(why, -ECONNREFUSED, "no bpfd answers, and it has the images");
	reason_hint(why, "bpfctl image pull %s; \"bpfctl image ls\" shows what is there", c->from);
	return fail(why, -ENOENT, "no image %s in the store", c->from);
}

/* @target: "oci:DIR[:TAG]". */
static int save_layout(struct copy_command *c, struct place *from, const char *target,
		       char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	_place_ struct place to = {.dir = -1};
	int r = place_open(&c->tool.place, target, true, &to, why);

	return r < 0 ? r : copy_image(from, &to, ret_digest, why);
}

static int save_archive(struct copy_command *c, struct place *from,
			char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why)
{
	_scratch_ struct scratch scratch = {.path = ""};
	_text_ struct text target = {0};
	_text_ struct text dir = {0};
	int r = scratch_make(&scratch, why);

	text_add(&dir, "%s/layout", scratch.path);
	/* The whole name becomes the tag, as other tools write it. */
	text_add(&target, "oci:%s/layout:%s", scratch.path,
		 from->name.tag ? from->name.tag : "latest");
	if (r == 0 && (dir.r < 0 || target.r < 0))
		r = fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = save_layout(c, from, target.data, ret_digest, why);
	return r < 0 ? r : archive_write(dir.data, c->output, why);
}

int copy_save(struct copy_command *c, struct reason *why)
{
	_place_ struct place from = {.dir = -1};
	char digest[DIGEST_TEXT_SIZE];
	int r = open_stored(c, &from, why);

	if (r < 0)
		return r;
	r = strncmp(c->output, "oci:", 4) == 0 ? save_layout(c, &from, c->output, digest, why)
					       : save_archive(c, &from, digest, why);
	if (r == 0)
		text_add(&c->out, "%s %s\n", c->output, digest);
	return r;
}

/* The daemon reads it as the caller, so its path has to be whole. */
static int find_source(const struct copy_command *c, const struct scratch *s, struct text *ret,
		       struct reason *why)
{
	const char *from = strncmp(c->from, "oci:", 4) == 0 ? c->from + 4 : c->from;
	const char *colon = from == c->from ? NULL : strchr(from, ':');
	_free_ char *dir = strndup(from, colon ? (size_t)(colon - from) : strlen(from));
	_free_ char *whole = dir ? realpath(dir, NULL) : NULL;
	struct stat st;

	if (!whole || stat(whole, &st) < 0)
		return fail(why, -errno, "%s: %s", from, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		text_add(ret, "oci:%s%s", whole, colon ? colon : "");
		return ret->r;
	}
	text_add(ret, "oci:%s", s->path);
	return ret->r < 0 ? ret->r : archive_read(whole, s->path, why);
}

static int pull(const struct copy_command *c, const char *source, struct text *out,
		struct reason *why)
{
	const struct bpfd_open_opts open_opts = {.size = sizeof(open_opts),
						 .socket = c->tool.socket};
	const struct bpfd_pull_opts opts = {
		.size = sizeof(opts), .reference = c->to, .source = source};
	struct bpfd_images *images = NULL;
	struct bpfd_conn *conn = NULL;
	int r = bpfd_open(&open_opts, &conn);

	if (r == 0)
		r = bpfd_image_pull(conn, &opts, &images);
	if (r < 0) {
		if (*bpfd_error_hint(conn))
			reason_hint(why, "%s", bpfd_error_hint(conn));
		fail(why, r, "%s", bpfd_error_text(conn));
	} else {
		text_add(out, "%s %s\n", c->to, bpfd_image_digest(bpfd_images_get(images, 0)));
	}
	bpfd_images_free(images);
	bpfd_close(conn);
	return r;
}

int copy_load(struct copy_command *c, struct reason *why)
{
	_scratch_ struct scratch scratch = {.path = ""};
	_text_ struct text source = {0};
	int r = scratch_make(&scratch, why);

	if (r == 0)
		r = find_source(c, &scratch, &source, why);
	return r < 0 ? fail(why, r, "out of memory") : pull(c, source.data, &c->out, why);
}
