/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a digest to checked bytes; knows nothing of what they mean. */
#include "image/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/message.h"
#include "forkserver/opener.h"

static int open_in_directory(const struct image_source *source, const char *name,
			     struct reason *why)
{
	return opener_open(source->fd, name, why);
}

static int open_by_opener(const struct image_source *source, const char *name, struct reason *why)
{
	_message_ struct message m = {0};
	int r = message_send(source->fd, &(struct message_out){.data = name, .len = strlen(name)});

	if (r == 0)
		r = message_recv(source->fd, &m, why);
	if (r < 0)
		return fail(why, r, "the opener of the layout failed: %s", strerror(-r));
	if (m.n_fds != 1)
		return fail(why, -EBADMSG, "the opener of the layout sent no file");
	return take_fd(&m.fds[0]);
}

struct image_source image_source_directory(int layout)
{
	return (struct image_source){.fd = layout, .open = open_in_directory};
}

struct image_source image_source_opener(int sock)
{
	return (struct image_source){.fd = sock, .open = open_by_opener};
}

void image_bytes_done(struct image_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct image_bytes){0};
}

int image_source_read(const struct image_source *source, const char *name, size_t max,
		      struct image_bytes *ret, struct reason *why)
{
	_close_ int fd = source->open(source, name, why);
	struct image_bytes bytes;
	int r;

	if (fd < 0)
		return fd;
	r = fd_read_all(fd, max, &bytes.data, &bytes.len);
	if (r == -EFBIG)
		return fail(why, r, "%s has more than %zu bytes", name, max);
	if (r < 0)
		return fail(why, r, "cannot read %s: %s", name, strerror(-r));
	*ret = bytes;
	return 0;
}

static int check_blob(const struct image_descriptor *descriptor, const struct image_bytes *bytes,
		      struct reason *why)
{
	char digest[DIGEST_TEXT_SIZE];

	if (bytes->len != descriptor->size)
		return fail(why, -EBADMSG, "blob %.19s has not the %llu bytes that the image says",
			    descriptor->digest, (unsigned long long)descriptor->size);
	digest_text(bytes->data, bytes->len, digest);
	if (strcmp(digest, descriptor->digest) != 0)
		return fail(why, -EBADMSG, "blob %.19s does not match its digest, it is %.19s",
			    descriptor->digest, digest);
	return 0;
}

int image_source_blob(const struct image_source *source, const struct image_descriptor *descriptor,
		      size_t max, struct image_bytes *ret, struct reason *why)
{
	_bytes_ struct image_bytes bytes = {0};
	char name[OPENER_NAME_MAX];
	int r;

	if (!digest_is_valid(descriptor->digest))
		return fail(why, -EBADMSG,
			    "the image refers to a blob by something else than sha256");
	if (descriptor->size > max)
		return fail(why, -EFBIG, "blob %.19s has %llu bytes, at most %zu are read",
			    descriptor->digest, (unsigned long long)descriptor->size, max);
	snprintf(name, sizeof(name), "blobs/sha256/%s", descriptor->digest + strlen("sha256:"));
	r = image_source_read(source, name, max, &bytes, why);
	if (r == 0)
		r = check_blob(descriptor, &bytes, why);
	if (r < 0)
		return r;
	*ret = bytes;
	bytes = (struct image_bytes){0};
	return 0;
}
