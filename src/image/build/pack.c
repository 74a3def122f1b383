/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the writing side of libarchive. */
#include "image/build/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/reason.h"

/* Room for headers, padding and the end of a tar, and for gzip's growth of what does not compress.
 */
#define ROOM(size) ((size) + (size) / 1000 + 16384)

static void archive_freep(struct archive **a)
{
	archive_write_free(*a);
}

static void entry_freep(struct archive_entry **entry)
{
	archive_entry_free(*entry);
}

static int write_one(struct archive *a, const char *name, const struct image_bytes *file)
{
	_cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return -ENOMEM;
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)file->len);
	archive_entry_set_mtime(entry, 0, 0);
	if (archive_write_header(a, entry) != ARCHIVE_OK ||
	    archive_write_data(a, file->data, file->len) != (la_ssize_t)file->len)
		return -EIO;
	return archive_write_close(a) == ARCHIVE_OK ? 0 : -EIO;
}

static int write_to_memory(struct archive *a, const char *name, const struct image_bytes *file,
			   struct image_bytes *ret)
{
	size_t cap = ROOM(file->len);
	_bytes_ struct image_bytes out = {.data = malloc(cap + 1)};
	int r;

	if (!out.data)
		return -ENOMEM;
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open_memory(a, out.data, cap, &out.len) != ARCHIVE_OK)
		return -EIO;
	r = write_one(a, name, file);
	if (r < 0)
		return r;
	out.data[out.len] = '\0';
	*ret = out;
	out = (struct image_bytes){0};
	return 0;
}

int image_pack_tar(const char *name, const struct image_bytes *file, struct image_bytes *ret,
		   struct reason *why)
{
	_cleanup_(archive_freep) struct archive *a = archive_write_new();
	int r;

	if (!a || archive_write_set_format_pax_restricted(a) != ARCHIVE_OK)
		return fail(why, -ENOMEM, "out of memory");
	r = write_to_memory(a, name, file, ret);
	return r < 0 ? fail(why, r, "cannot write a tar with %s", name) : 0;
}

int image_pack_gzip(const struct image_bytes *tar, struct image_bytes *ret, struct reason *why)
{
	_cleanup_(archive_freep) struct archive *a = archive_write_new();
	int r;

	if (!a || archive_write_set_format_raw(a) != ARCHIVE_OK ||
	    archive_write_add_filter_gzip(a) != ARCHIVE_OK ||
	    archive_write_set_filter_option(a, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
	    archive_write_set_filter_option(a, "gzip", "compression-level", "9") != ARCHIVE_OK)
		return fail(why, -EIO, "libarchive cannot write gzip");
	r = write_to_memory(a, "layer", tar, ret);
	return r < 0 ? fail(why, r, "cannot compress the layer") : 0;
}
