/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an OCI image layout: blobs, then the index, so that a reader sees the old or the new. */
#pragma once

#include "base/digest.h"
#include "image/source.h"

struct reason;

/**
 * image_layout_open() - the directory, made with blobs/sha256 when it is not there, and locked
 * against other writers until the descriptor is closed.
 *
 * Return: descriptor, -EEXIST (there are other things in it), -EBADMSG (not a layout of version 1),
 * -ENOENT (no parent directory), -errno.
 */
int image_layout_open(const char *path, struct reason *why);

/* Store a blob; its digest is @ret_digest. Return: 0 or -errno. */
int image_layout_put(int layout, const struct image_bytes *bytes,
		     char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why);

/* Make @manifest (digest, size, media type, tag) what its tag names. Return: 0, -EBADMSG (the
 * index that is there is broken), -E2BIG (its entries), -errno. */
int image_layout_tag(int layout, const struct image_descriptor *manifest, struct reason *why);
