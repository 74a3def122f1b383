/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flags and the checks of an opening, and the copy of an object. */
#include "forkserver/child/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "model/object.h"

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

static int check_regular(int fd, const char *path, struct reason *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is %s: a regular file is needed", path,
			    type_name(st.st_mode));
	return 0;
}

static int check_netns(int fd, const char *path, struct reason *why)
{
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return fail(why, -EINVAL, "%s is no network namespace", path);
	return 0;
}

static int copy_into(int fd, int copy, const char *path, struct reason *why)
{
	char block[65536];
	off_t at = 0;
	ssize_t n;
	int r;

	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		at += n;
		if (at > OBJECT_SIZE_MAX)
			return fail(why, -EFBIG, "%s: an object has at most %u bytes", path,
				    OBJECT_SIZE_MAX);
		r = fd_write_all(copy, block, (size_t)n);
		if (r < 0)
			return fail(why, r, "%s: cannot keep it in memory: %s", path, strerror(-r));
	}
	if (n < 0)
		return fail(why, -errno, "%s: cannot read the file: %s", path, strerror(errno));
	return fd_seal(copy);
}

/* Here and not in the daemon: a client's own file system may never answer a read(2). */
static int copy_object(int fd, const char *path, struct reason *why)
{
	_close_ int copy = -1;
	struct stat st;
	int r;

	if (fstat(fd, &st) == 0 && st.st_size > OBJECT_SIZE_MAX)
		return fail(why, -EFBIG, "%s: the file has %lld bytes: an object has at most %u",
			    path, (long long)st.st_size, OBJECT_SIZE_MAX);
	copy = memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return fail(why, -errno, "%s: cannot keep it in memory: %s", path, strerror(errno));
	r = copy_into(fd, copy, path, why);
	return r < 0 ? r : take_fd(&copy);
}

static int (*const checks[])(int, const char *, struct reason *) = {
	[JOB_OPEN_OBJECT] = check_regular,
	[JOB_OPEN_BINARY] = check_regular,
	[JOB_OPEN_NETNS] = check_netns,
};
_Static_assert(array_size(checks) == _JOB_OPEN_MAX, "a check for each kind");

int opening_open(enum job_open_what what, const char *path, struct reason *why)
{
	_close_ int place = -1;
	_close_ int fd = -1;
	struct stat st;
	int r;

	if ((unsigned int)what >= _JOB_OPEN_MAX)
		return fail(why, -EINVAL, "%s: opened for an unknown purpose", path);
	/* Opening a device can act on it: look first, without opening. */
	place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	if (fstat(place, &st) == 0 && !S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "%s is %s: a regular file is needed", path,
			    type_name(st.st_mode));
	/* The path may mean something else by now: without O_NONBLOCK a FIFO would block. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, -errno, "%s: %s", path, strerror(errno));
	r = checks[what](fd, path, why);
	if (r < 0)
		return r;
	return what == JOB_OPEN_OBJECT ? copy_object(fd, path, why) : take_fd(&fd);
}
