/* SPDX-License-Identifier: Apache-2.0 */
/* A layer: compressed tar to the one file in it that is a BPF object. In memory, nothing is ever
 * extracted to a disk. */
#pragma once

#include <stddef.h>

struct image_bytes;
struct image_descriptor;
struct reason;

/* Bounds of an unpacked layer. Up to IMAGE_RATIO_FREE bytes any ratio is good: a small object in a
 * tar of zeros compresses well. */
#define IMAGE_TAR_MAX	  (64u << 20)
#define IMAGE_ENTRIES_MAX 10000
#define IMAGE_RATIO_MAX	  200
#define IMAGE_RATIO_FREE  (4u << 20)

/**
 * image_layer_unpack() - decompress as the media type says (tar, +gzip, +zstd) and check the
 * result.
 * @diff_id: digest of the uncompressed tar.
 *
 * Return: 0 (owned by the caller), -EBADMSG (broken, or another digest), -EFBIG (size or ratio),
 * -EOPNOTSUPP (media type), -ENOMEM.
 */
int image_layer_unpack(const struct image_descriptor *layer, const char *diff_id,
		       const struct image_bytes *packed, struct image_bytes *ret,
		       struct reason *why);

/**
 * image_layer_file() - one file of a tar, packed or not, by its whole path.
 *
 * Return: 1 (owned by the caller), 0 (not in it), -EFBIG (above @max, or too many entries),
 * -EBADMSG (broken), -ENOMEM.
 */
int image_layer_file(const struct image_bytes *packed, const char *path, size_t max,
		     struct image_bytes *ret, struct reason *why);

/**
 * image_layer_find() - the object in a tar.
 * @filename: its name; directories before it do not count. NULL: the one BPF object in it.
 *
 * Return: 1 (owned by the caller), 0 (not in this layer), -ENOEXEC (a file of that name that is no
 * BPF object, or several objects and no name), -EFBIG (object or number of entries), -EBADMSG
 * (broken tar), -ENOMEM.
 */
int image_layer_find(const struct image_bytes *tar, const char *filename, struct image_bytes *ret,
		     struct reason *why);
