/* SPDX-License-Identifier: Apache-2.0 */
/* Owns libarchive for layouts: names that a layout has, regular files, bounded. */
#include "copy/oci_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/source.h"

#define ENTRIES_MAX 1000
#define BLOBS	    "blobs/sha256"

static void writer_freep(struct archive **a)
{
	archive_write_free(*a);
}

static void reader_freep(struct archive **a)
{
	archive_read_free(*a);
}

static int add_file(struct archive *a, int dir, const char *name, struct reason *why)
{
	struct archive_entry *entry = archive_entry_new();
	_bytes_ struct image_bytes bytes = {0};
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, IMAGE_LAYER_MAX, &bytes.data, &bytes.len);

	if (r == 0 && entry) {
		archive_entry_set_pathname(entry, name);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_perm(entry, 0644);
		archive_entry_set_mtime(entry, 0, 0);
		archive_entry_set_size(entry, (la_int64_t)bytes.len);
		if (archive_write_header(a, entry) != ARCHIVE_OK ||
		    archive_write_data(a, bytes.data, bytes.len) != (la_ssize_t)bytes.len)
			r = -EIO;
	}
	archive_entry_free(entry);
	return r < 0 || !entry ? fail(why, r < 0 ? r : -ENOMEM, "cannot write %s: %s", name,
				      strerror(r < 0 ? -r : ENOMEM))
			       : 0;
}

static int is_blob(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int add_blobs(struct archive *a, int dir, const char *path, struct reason *why)
{
	_text_ struct text at = {0};
	struct dirent **entries = NULL;
	int n, r = 0;

	text_add(&at, "%s/" BLOBS, path);
	n = at.r < 0 ? -1 : scandir(at.data, &entries, is_blob, alphasort);
	if (n < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		_text_ struct text name = {0};

		text_add(&name, BLOBS "/%s", entries[i]->d_name);
		if (r == 0)
			r = name.r < 0 ? fail(why, name.r, "out of memory")
				       : add_file(a, dir, name.data, why);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int archive_write(const char *path, const char *file, struct reason *why)
{
	_cleanup_(writer_freep) struct archive *a = archive_write_new();
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (!a || dir < 0)
		return fail(why, -ENOMEM, "cannot read %s", path);
	archive_write_set_format_ustar(a);
	if (archive_write_open_filename(a, file) != ARCHIVE_OK)
		return fail(why, -archive_errno(a), "%s: %s", file, archive_error_string(a));
	r = add_file(a, dir, "oci-layout", why);
	if (r == 0)
		r = add_file(a, dir, "index.json", why);
	if (r == 0)
		r = add_blobs(a, dir, path, why);
	if (r == 0 && archive_write_close(a) != ARCHIVE_OK)
		r = fail(why, -EIO, "%s: %s", file, archive_error_string(a));
	return r;
}

/* The names that a layout has: no other is written, so none can lead elsewhere. */
static bool is_name(const char *name)
{
	char digest[DIGEST_TEXT_SIZE];

	if (strcmp(name, "oci-layout") == 0 || strcmp(name, "index.json") == 0)
		return true;
	if (strncmp(name, BLOBS "/", strlen(BLOBS) + 1) != 0 ||
	    strlen(name) != strlen(BLOBS) + 1 + 64)
		return false;
	memcpy(digest, "sha256:", 7);
	memcpy(digest + 7, name + strlen(BLOBS) + 1, 65);
	return digest_is_valid(digest);
}

static int extract(struct archive *a, struct archive_entry *entry, int dir, const char *name)
{
	la_int64_t size = archive_entry_size(entry);
	_bytes_ struct image_bytes bytes = {0};
	_close_ int fd = -1;

	if (size < 0 || size > IMAGE_LAYER_MAX)
		return -EFBIG;
	bytes.data = malloc((size_t)size + 1);
	if (!bytes.data)
		return -ENOMEM;
	if (archive_read_data(a, bytes.data, (size_t)size) != (la_ssize_t)size)
		return -EBADMSG;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -errno : fd_write_all(fd, bytes.data, (size_t)size);
}

/* What was met on the way. */
struct found {
	bool has_layout;
	bool is_docker;
};

static int extract_all(struct archive *a, int dir, struct found *found)
{
	struct archive_entry *entry;

	for (int n = 0;; n++) {
		int r = archive_read_next_header(a, &entry);
		const char *name;

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return -EBADMSG;
		if (n >= ENTRIES_MAX)
			return -E2BIG;
		name = archive_entry_pathname(entry);
		if (!name || archive_entry_filetype(entry) != AE_IFREG)
			continue;
		if (strncmp(name, "./", 2) == 0)
			name += 2;
		found->is_docker |= strcmp(name, "manifest.json") == 0;
		found->has_layout |= strcmp(name, "oci-layout") == 0;
		r = is_name(name) ? extract(a, entry, dir, name) : 0;
		if (r < 0)
			return r;
	}
}

static int check(const char *file, const struct found *found, int r, struct reason *why)
{
	if (r == 0 && !found->has_layout && found->is_docker) {
		reason_hint(why, "skopeo copy docker-archive:%s oci-archive:x.tar", file);
		return fail(why, -EBADMSG, "%s is docker's archive, not an OCI archive", file);
	}
	if (r == 0 && found->has_layout)
		return 0;
	if (r == 0 || r == -EBADMSG)
		return fail(why, -EBADMSG, "%s is not an OCI archive", file);
	return fail(why, r, "%s: %s", file, r == -E2BIG ? "it has too many files" : strerror(-r));
}

int archive_read(const char *file, const char *path, struct reason *why)
{
	_cleanup_(reader_freep) struct archive *a = archive_read_new();
	struct found found = {.has_layout = false};
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!a || dir < 0 || mkdirat(dir, "blobs", 0755) < 0 || mkdirat(dir, BLOBS, 0755) < 0)
		return fail(why, -errno, "cannot write into %s: %s", path, strerror(errno));
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_filename(a, file, 65536) != ARCHIVE_OK)
		return access(file, R_OK) < 0
			       ? fail(why, -errno, "%s: %s", file, strerror(errno))
			       : fail(why, -EBADMSG, "%s is not an OCI archive", file);
	return check(file, &found, extract_all(a, dir, &found), why);
}
