/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the look into a tracefs; opening events is done by kernel/perf.c. */
#include "kernel/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

/* A group has at most some hundreds of events (syscalls: about 700). */
#define NAMES_MAX 4096

/* Fresh mount that nobody sees; the C library of Debian 12 has the calls, but its header clashes
 * with the kernel's. */
static int mount_detached(void)
{
	int fs _close_ = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool is_tracefs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == TRACEFS_MAGIC;
}

int tracefs_open(struct reason *why)
{
	static const char *const places[] = {"/sys/kernel/tracing/events",
					     "/sys/kernel/debug/tracing/events"};
	int root _close_ = -1;
	int fd;

	for (size_t i = 0; i < array_size(places); i++) {
		int at _close_ = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (at >= 0 && is_tracefs(at))
			return take_fd(&at);
	}
	root = mount_detached();
	fd = root < 0 ? root : openat(root, "events", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0 && fd < 0)
		fd = -errno;
	if (fd < 0) {
		fail(why, -EOPNOTSUPP, "cannot see the tracepoints of this kernel: %s",
		     strerror(-fd));
		reason_hint(why, "mount -t tracefs tracefs /sys/kernel/tracing");
		return -EOPNOTSUPP;
	}
	return fd;
}

static void closedir_p(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

struct names {
	char **items;
	size_t n;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
}

/* Sub-directories of @path; NULL behind the last item. */
static int read_names(int dir_fd, const char *path, struct names *ret)
{
	_cleanup_(closedir_p) DIR *dir = NULL;
	int fd _close_ = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	ret->items = calloc(NAMES_MAX + 1, sizeof(*ret->items));
	if (!dir || !ret->items)
		return -ENOMEM;
	take_fd(&fd);
	while (ret->n < NAMES_MAX && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		ret->items[ret->n] = strdup(entry->d_name);
		if (!ret->items[ret->n])
			return -ENOMEM;
		ret->n++;
	}
	return 0;
}

static int refuse_event(int events_fd, const char *group, const char *name, struct reason *why)
{
	bool has_group = faccessat(events_fd, group, F_OK, 0) == 0;
	_cleanup_(names_done) struct names names = {0};
	const char *nearest = NULL;
	int r;

	if (read_names(events_fd, has_group ? group : ".", &names) == 0)
		nearest = text_nearest(has_group ? name : group, (const char *const *)names.items);
	if (has_group)
		r = fail(why, -ENOENT, "no tracepoint \"%s\" in group \"%s\" of this kernel", name,
			 group);
	else
		r = fail(why, -ENOENT, "no group of tracepoints \"%s\" in this kernel", group);
	if (nearest && has_group)
		reason_hint(why, "did you mean \"%s/%s\"", group, nearest);
	else if (nearest)
		reason_hint(why, "did you mean group \"%s\"", nearest);
	return r;
}

int tracefs_event_id(int events_fd, const char *group, const char *name, uint64_t *ret,
		     struct reason *why)
{
	char *path _free_ = NULL;
	int fd _close_ = -1;
	char digits[24];
	ssize_t n;
	int r;

	if (asprintf(&path, "%s/%s/id", group, name) < 0)
		return -ENOMEM;
	fd = openat(events_fd, path, O_RDONLY | O_CLOEXEC);
	/* events without an id (ftrace/…) are not for programs */
	if (fd < 0 && errno == ENOENT)
		return refuse_event(events_fd, group, name, why);
	if (fd < 0)
		return fail(why, -errno, "cannot read the number of tracepoint %s/%s: %s", group,
			    name, strerror(errno));
	n = read(fd, digits, sizeof(digits) - 1);
	if (n <= 0)
		return fail(why, -EIO, "cannot read the number of tracepoint %s/%s", group, name);
	digits[n] = '\0';
	digits[strcspn(digits, "\n")] = '\0';
	r = text_parse_u64(digits, INT64_MAX, ret);
	return r < 0 ? fail(why, r, "tracepoint %s/%s has no number", group, name) : 0;
}

int tracefs_group_of(int events_fd, const char *name, char **ret, struct reason *why)
{
	_cleanup_(names_done) struct names groups = {0};
	int r = read_names(events_fd, ".", &groups);

	if (r < 0)
		return fail(why, r, "cannot read the groups of tracepoints: %s", strerror(-r));
	for (size_t i = 0; i < groups.n; i++) {
		char *path _free_ = NULL;

		if (asprintf(&path, "%s/%s/id", groups.items[i], name) < 0)
			return -ENOMEM;
		if (faccessat(events_fd, path, F_OK, 0) < 0)
			continue;
		*ret = take_ptr(groups.items[i]);
		return 0;
	}
	return fail(why, -ENOENT, "no tracepoint \"%s\"", name);
}
