/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parser gets the files of a layout from: a directory, or an opener behind a socket.
 * Every blob is checked against its descriptor before anybody reads it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct reason;

/* Bounds in bytes; a file above is -EFBIG before it is read. */
#define IMAGE_JSON_MAX	(1u << 20)
#define IMAGE_LAYER_MAX (64u << 20)

/* Heap, with a NUL behind it. */
struct image_bytes {
	char *data;
	size_t len;
};

void image_bytes_done(struct image_bytes *bytes);
#define _bytes_ _cleanup_(image_bytes_done)

/* @open returns a descriptor for the name of a file (forkserver/opener.h) or -errno. @fd, @data:
 * its own; borrowed. */
struct image_source {
	int fd;
	void *data;
	int (*open)(const struct image_source *source, const char *name, struct reason *why);
};

/* @layout: the directory; borrowed. */
struct image_source image_source_directory(int layout);

/* @sock: the opener (image/answer.h); borrowed. */
struct image_source image_source_opener(int sock);

/* A reference by content; strings borrowed from the JSON it came from, NULL for what is absent. */
struct image_descriptor {
	const char *media_type;
	const char *digest;
	uint64_t size;
	const char *architecture;
	const char *os;
	const char *tag;
};

/* A whole file of at most @max bytes. Return: 0, -EFBIG, -errno. */
int image_source_read(const struct image_source *source, const char *name, size_t max,
		      struct image_bytes *ret, struct reason *why);

/**
 * image_source_blob() - the bytes that @descriptor stands for.
 *
 * Return: 0, -EBADMSG (size or digest differ; no sha256), -EFBIG, -ENOENT, -errno.
 */
int image_source_blob(const struct image_source *source, const struct image_descriptor *descriptor,
		      size_t max, struct image_bytes *ret, struct reason *why);
