/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a blob comes onto the disk and goes. */
#include "daemon/images/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/images/images.h"

#define CHUNK	 65536
#define BLOB_MAX (64u << 20)

const char *blobs_name(const char *digest)
{
	return digest + strlen("sha256:");
}

static int copy(int from, int to, uint64_t size)
{
	_free_ char *chunk = malloc(CHUNK);
	uint64_t at = 0;

	if (!chunk)
		return -ENOMEM;
	while (at < size) {
		size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		ssize_t n = pread(from, chunk, want, (off_t)at);
		int r;

		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		r = fd_write_all(to, chunk, (size_t)n);
		if (r < 0)
			return r;
		at += (uint64_t)n;
	}
	return 0;
}

static int fill(int to, const struct image_blob *blob, int from, struct reason *why)
{
	char digest[DIGEST_TEXT_SIZE];
	int r = copy(from, to, blob->size);

	if (r == 0)
		r = digest_fd(to, blob->size, digest);
	if (r == -ENOSPC || r == -EDQUOT)
		return fail(why, -ENOSPC, "no space left for images");
	if (r < 0)
		return fail(why, r, "cannot store blob %.19s: %s", blob->digest, strerror(-r));
	return strcmp(digest, blob->digest) == 0
		       ? 0
		       : fail(why, -EBADMSG, "blob %.19s does not match its digest", blob->digest);
}

int blobs_put(int dir, const struct image_blob *blob, int from, struct reason *why)
{
	char name[64];
	_close_ int fd = -1;
	int r;

	/* Several threads may bring the same one. */
	snprintf(name, sizeof(name), ".new-%d-%d", gettid(), from);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fail(why, -errno, "cannot write into the store of images: %s",
			    strerror(errno));
	r = fill(fd, blob, from, why);
	/* The umask of the unit would keep bpfd-fetch from reading it. */
	if (r == 0 &&
	    (fchmod(fd, 0644) < 0 || renameat(dir, name, dir, blobs_name(blob->digest)) < 0))
		r = fail(why, -errno, "cannot store blob %.19s: %s", blob->digest, strerror(errno));
	if (r < 0)
		unlinkat(dir, name, 0);
	return r;
}

int blobs_sweep(int dir, int (*is_wanted)(const char *name, void *userdata), void *userdata)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		fd_close(&fd);
		return r;
	}
	while (r >= 0 && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = is_wanted(e->d_name, userdata);
		if (r == 0)
			unlinkat(dir, e->d_name, 0);
	}
	closedir(d);
	return r < 0 ? r : 0;
}

int blobs_open(int dir, const char *digest, struct reason *why)
{
	_close_ int fd = -1;
	_free_ char *data = NULL;
	char is[DIGEST_TEXT_SIZE];
	size_t len;
	int r;

	if (!digest_is_valid(digest))
		return fail(why, -EINVAL, "not a digest");
	fd = openat(dir, blobs_name(digest), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(why, -errno, "blob %.19s of the store: %s", digest, strerror(errno));
	r = fd_read_all(fd, BLOB_MAX, &data, &len);
	if (r < 0)
		return fail(why, r, "cannot read blob %.19s of the store: %s", digest,
			    strerror(-r));
	digest_text(data, len, is);
	if (strcmp(is, digest) != 0)
		return fail(why, -EUCLEAN, "blob %.19s of the store is damaged on disk", digest);
	r = fd_memfd_sealed("blob", data, len);
	return r < 0 ? fail(why, r, "cannot hold a blob in memory: %s", strerror(-r)) : r;
}
