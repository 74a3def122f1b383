/* SPDX-License-Identifier: Apache-2.0 */
/* Owns making directories with the modes that keep others out. */
#include "daemon/directories.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "daemon/paths/paths.h"
#include "kernel/bpffs.h"

static int make(const char *path, mode_t mode, struct reason *why)
{
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return fail(why, -errno, "cannot make %s: %s", path, strerror(errno));
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return fail(why, -ENOTDIR, "%s is no directory", path);
	/* The umask of whoever starts us does not decide who may enter. */
	if ((st.st_mode & 0777) != mode && chmod(path, mode) < 0)
		return fail(why, -errno, "cannot set the mode of %s: %s", path, strerror(errno));
	return 0;
}

static int make_parents(const char *path, struct reason *why)
{
	char copy[PATHS_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = copy + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return fail(why, -errno, "cannot make %s: %s", copy, strerror(errno));
		*p = '/';
	}
	return 0;
}

static int lock(const struct paths *paths, struct reason *why)
{
	paths_buf path;
	_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/lock", paths->runtime);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(why, -errno, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		fail(why, -EWOULDBLOCK, "another daemon runs in %s", paths->runtime);
		reason_hint(why, "stop it, or give this one its own --runtime-dir");
		return -EWOULDBLOCK;
	}
	return take_fd(&fd);
}

static int prepare_fs(const char *path, mode_t mode, struct reason *why)
{
	int r = bpffs_is_at(path);

	if (r <= 0)
		r = make(path, mode, why);
	if (r == 0)
		r = bpffs_is_at(path);
	if (r == 0)
		r = bpffs_mount(path, mode, why);
	return r < 0 ? r : bpffs_check(path, why);
}

static int prepare_below_fs(const struct paths *paths, struct reason *why)
{
	static const char *const names[] = {"loads", "links", "chains", "staging", "trash"};
	int r = 0;

	for (size_t i = 0; i < array_size(names) && r == 0; i++) {
		paths_buf path;

		snprintf(path, sizeof(path), "%s/%s", paths->fs, names[i]);
		r = make(path, 0700, why);
	}
	return r;
}

int directories_prepare(const struct paths *paths, struct reason *why)
{
	_close_ int fd = -1;
	int r = geteuid() == 0 ? make_parents(paths->runtime, why)
			       : fail(why, -EPERM, "bpfd has to be started by root");

	if (r < 0)
		reason_hint(why, "sudo systemctl start bpfd, or: sudo bpfd");
	if (r == 0)
		r = make(paths->runtime, 0755, why);
	if (r < 0)
		return r;
	fd = lock(paths, why);
	if (fd < 0)
		return fd;
	r = prepare_fs(paths->fs, 0700, why);
	if (r == 0)
		r = prepare_fs(paths->maps, 0755, why);
	if (r == 0)
		r = prepare_below_fs(paths, why);
	return r < 0 ? r : take_fd(&fd);
}
