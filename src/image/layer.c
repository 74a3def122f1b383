/* SPDX-License-Identifier: Apache-2.0 */
/* Owns libarchive: two formats, two filters, no disk. Every size is checked before memory grows. */
#include "image/layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/bpf_elf.h"
#include "image/source.h"
#include "model/object.h"

#define CHUNK (64u << 10)

static void archive_freep(struct archive **a)
{
	archive_read_free(*a);
}

#define _archive_ _cleanup_(archive_freep)

enum packing { PACKED_NOT, PACKED_GZIP, PACKED_ZSTD, PACKED_OTHERWISE };

static const struct {
	const char *media_type;
	enum packing packing;
} media_types[] = {
	{"application/vnd.oci.image.layer.v1.tar", PACKED_NOT},
	{"application/vnd.oci.image.layer.v1.tar+gzip", PACKED_GZIP},
	{"application/vnd.oci.image.layer.v1.tar+zstd", PACKED_ZSTD},
	{"application/vnd.docker.image.rootfs.diff.tar", PACKED_NOT},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", PACKED_GZIP},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", PACKED_ZSTD},
};

static enum packing packing_of(const char *media_type)
{
	for (size_t i = 0; i < array_size(media_types); i++)
		if (strcmp(media_types[i].media_type, media_type) == 0)
			return media_types[i].packing;
	return PACKED_OTHERWISE;
}

static int broken(struct archive *a, const char *what, struct reason *why)
{
	if (archive_errno(a) == ENOMEM)
		return fail(why, -ENOMEM, "out of memory");
	return fail(why, -EBADMSG, "the layer of the image is not %s", what);
}

static int check_growth(size_t packed, size_t unpacked, struct reason *why)
{
	if (unpacked > IMAGE_TAR_MAX)
		return fail(why, -EFBIG, "the layer of the image unpacks to more than %u bytes",
			    IMAGE_TAR_MAX);
	if (unpacked > IMAGE_RATIO_FREE && unpacked / IMAGE_RATIO_MAX > packed)
		return fail(why, -EFBIG,
			    "the layer of the image unpacks to more than %d times its size",
			    IMAGE_RATIO_MAX);
	return 0;
}

static int decompress(struct archive *a, size_t packed, struct text *ret, struct reason *why)
{
	_free_ char *chunk = malloc(CHUNK);
	struct archive_entry *entry;
	int r;

	if (!chunk)
		return fail(why, -ENOMEM, "out of memory");
	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return broken(a, "compressed as its media type says", why);
	for (;;) {
		la_ssize_t n = archive_read_data(a, chunk, CHUNK);

		if (n < 0)
			return broken(a, "compressed as its media type says", why);
		if (n == 0)
			return 0;
		text_add_bytes(ret, chunk, (size_t)n);
		if (ret->r < 0)
			return fail(why, ret->r, "out of memory");
		r = check_growth(packed, ret->len, why);
		if (r < 0)
			return r;
	}
}

static int unpack(enum packing packing, const struct image_bytes *packed, struct text *ret,
		  struct reason *why)
{
	_archive_ struct archive *a = archive_read_new();

	if (!a)
		return fail(why, -ENOMEM, "out of memory");
	archive_read_support_format_raw(a);
	if (packing == PACKED_GZIP)
		archive_read_support_filter_gzip(a);
	else if (packing == PACKED_ZSTD)
		archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, packed->data, packed->len) != ARCHIVE_OK)
		return broken(a, "compressed as its media type says", why);
	return decompress(a, packed->len, ret, why);
}

int image_layer_unpack(const struct image_descriptor *layer, const char *diff_id,
		       const struct image_bytes *packed, struct image_bytes *ret,
		       struct reason *why)
{
	enum packing packing = packing_of(layer->media_type);
	char digest[DIGEST_TEXT_SIZE];
	_text_ struct text tar = {0};
	int r;

	if (packing == PACKED_OTHERWISE)
		return fail(why, -EOPNOTSUPP,
			    "the image has a layer of type %s, known are tar, tar+gzip "
			    "and tar+zstd",
			    layer->media_type);
	r = unpack(packing, packed, &tar, why);
	if (r < 0)
		return r;
	digest_text(tar.data, tar.len, digest);
	if (strcmp(digest, diff_id) != 0)
		return fail(
			why, -EBADMSG,
			"the unpacked layer does not match its digest in the config of the image");
	ret->len = tar.len;
	ret->data = text_take(&tar);
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends_with_o(const char *path)
{
	size_t len = strlen(path);

	return len > 2 && strcmp(path + len - 2, ".o") == 0;
}

/* A regular file with a name; hard links carry no bytes. NULL: not one. */
static const char *file_name(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);

	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
		return NULL;
	return path;
}

static int read_entry(struct archive *a, struct archive_entry *entry, struct image_bytes *ret,
		      struct reason *why)
{
	la_int64_t size = archive_entry_size(entry);
	_bytes_ struct image_bytes b = {0};

	if (size < 0 || size > OBJECT_SIZE_MAX)
		return fail(why, -EFBIG, "a file of the image is larger than %u bytes",
			    OBJECT_SIZE_MAX);
	b.len = (size_t)size;
	b.data = calloc(1, b.len + 1);
	if (!b.data)
		return fail(why, -ENOMEM, "out of memory");
	if (archive_read_data(a, b.data, b.len) != (la_ssize_t)b.len)
		return broken(a, "a whole tar", why);
	*ret = b;
	b = (struct image_bytes){0};
	return 0;
}

/* What was seen on the way through a tar. */
struct search {
	const char *filename;
	bool has_other_object; /* a *.o that is not for BPF */
};

/* 1: this is it. */
static int consider(struct archive *a, struct archive_entry *entry, struct search *s,
		    struct image_bytes *ret, struct reason *why)
{
	_bytes_ struct image_bytes b = {0};
	const char *name = file_name(entry);
	int r;

	if (!name || (s->filename && strcmp(base_name(name), base_name(s->filename)) != 0))
		return 0;
	/* Without a label, what is too large for an object is not the object. */
	if (!s->filename && archive_entry_size(entry) > OBJECT_SIZE_MAX)
		return 0;
	r = read_entry(a, entry, &b, why);
	if (r < 0)
		return r;
	if (!image_elf_is_bpf(b.data, b.len)) {
		s->has_other_object |= s->filename || ends_with_o(name);
		return 0;
	}
	if (ret->data)
		return fail(why, -ENOEXEC,
			    "the layer has several BPF objects, %.64s is one: say which with the "
			    "label io.ebpf.filename",
			    base_name(name));
	*ret = b;
	b = (struct image_bytes){0};
	/* A label names one file: the first of that name. */
	return s->filename ? 1 : 0;
}

static int search(struct archive *a, struct search *s, struct image_bytes *ret, struct reason *why)
{
	struct archive_entry *entry;

	for (int n = 0;; n++) {
		int r = archive_read_next_header(a, &entry);

		if (r == ARCHIVE_EOF)
			break;
		/* A warning is about a name that is not UTF-8 or an attribute. */
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return broken(a, "a tar", why);
		if (n >= IMAGE_ENTRIES_MAX)
			return fail(why, -EFBIG, "the layer of the image has more than %d entries",
				    IMAGE_ENTRIES_MAX);
		r = consider(a, entry, s, ret, why);
		if (r != 0)
			return r;
	}
	if (ret->data)
		return 1;
	if (!s->has_other_object)
		return 0;
	if (s->filename)
		return fail(why, -ENOEXEC, "%s in the image is not an ELF object for BPF",
			    base_name(s->filename));
	return fail(why, -ENOEXEC, "the object in the image is not an ELF object for BPF");
}

int image_layer_find(const struct image_bytes *tar, const char *filename, struct image_bytes *ret,
		     struct reason *why)
{
	_archive_ struct archive *a = archive_read_new();
	struct search s = {.filename = filename};
	_bytes_ struct image_bytes found = {0};
	int r;

	if (!a)
		return fail(why, -ENOMEM, "out of memory");
	archive_read_support_format_tar(a);
	if (archive_read_open_memory(a, tar->data, tar->len) != ARCHIVE_OK)
		return broken(a, "a tar", why);
	r = search(a, &s, &found, why);
	if (r <= 0)
		return r;
	*ret = found;
	found = (struct image_bytes){0};
	return 1;
}

static int read_whole(struct archive *a, struct archive_entry *entry, size_t max,
		      struct image_bytes *ret, struct reason *why)
{
	la_int64_t size = archive_entry_size(entry);

	if (size < 0 || (uint64_t)size > max)
		return fail(why, -EFBIG, "a file of the image is larger than %zu bytes", max);
	ret->len = (size_t)size;
	ret->data = calloc(1, ret->len + 1);
	if (!ret->data)
		return fail(why, -ENOMEM, "out of memory");
	return archive_read_data(a, ret->data, ret->len) == (la_ssize_t)ret->len
		       ? 1
		       : broken(a, "a whole tar", why);
}

int image_layer_file(const struct image_bytes *packed, const char *path, size_t max,
		     struct image_bytes *ret, struct reason *why)
{
	_archive_ struct archive *a = archive_read_new();
	struct archive_entry *entry;

	if (!a)
		return fail(why, -ENOMEM, "out of memory");
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, packed->data, packed->len) != ARCHIVE_OK)
		return broken(a, "a tar", why);
	for (int n = 0; n < IMAGE_ENTRIES_MAX; n++) {
		int r = archive_read_next_header(a, &entry);
		const char *name;

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return broken(a, "a tar", why);
		name = file_name(entry);
		if (name && strcmp(strncmp(name, "./", 2) == 0 ? name + 2 : name, path) == 0)
			return read_whole(a, entry, max, ret, why);
	}
	return fail(why, -EFBIG, "the layer of the image has more than %d entries",
		    IMAGE_ENTRIES_MAX);
}
