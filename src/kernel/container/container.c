/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from the id of a container to its namespace and its files. An open /proc/PID is of
 * one process for ever: what is opened through it cannot be of a later one with the same pid. */
#include "kernel/container/container.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"

#define ID_MIN	    12
#define CGROUPS_MAX 16384

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(s + len - n, end, n) == 0;
}

static bool is_pod(const char *id)
{
	return strncmp(id, "pod", 3) == 0;
}

/* systemd's names of slices have '_' for the '-' of a pod's uid. */
static bool ends_with_id(const char *s, size_t len, const char *id)
{
	size_t n = strlen(id);

	if (len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = s[len - n + i];

		if (c != id[i] && !(is_pod(id) && c == '_' && id[i] == '-'))
			return false;
	}
	return true;
}

/* One part of a path. */
static bool is_part_of(const char *part, size_t len, const char *id)
{
	const char *unit = is_pod(id) ? ".slice" : ".scope";
	size_t n = strlen(id);

	if (len == n)
		return ends_with_id(part, len, id);
	if (!ends_with(part, len, unit) || !ends_with_id(part, len - strlen(unit), id))
		return false;
	len -= strlen(unit) + n;
	return len > 0 && part[len - 1] == '-' && !ends_with(part, len, "conmon-");
}

int container_is_of(const char *cgroups, const char *id)
{
	while (*cgroups) {
		size_t len = strcspn(cgroups, "/\n");

		if (is_part_of(cgroups, len, id))
			return 1;
		cgroups += len;
		cgroups += *cgroups != '\0';
	}
	return 0;
}

static int check_id(const char *id, struct reason *why)
{
	static const char *const units[] = {".slice", ".scope", ".service", ".mount", ".socket"};

	if (strlen(id) < ID_MIN)
		return fail(why, -EINVAL, "\"%s\" is too short for the id of a container", id);
	for (size_t i = 0; i < array_size(units); i++)
		if (ends_with(id, strlen(id), units[i]))
			return fail(why, -EINVAL, "\"%.128s\" is a unit and not a container", id);
	return 0;
}

static int read_text(int proc, const char *name, char *buf, size_t size)
{
	_close_ int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	buf[len] = '\0';
	return n < 0 ? -errno : 0;
}

/* Field 22 of /proc/PID/stat; the name in field 2 may have anything in it. */
static uint64_t start_time(int proc)
{
	char line[1024];
	char *at = read_text(proc, "stat", line, sizeof(line)) < 0 ? NULL : strrchr(line, ')');

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : UINT64_MAX;
}

/* While /proc is walked. @since: of each container's process so far. */
struct search {
	struct container *containers;
	size_t n;
	uint64_t *since;
	char *cgroups;
};

static void look_at(struct search *s, const char *name)
{
	char path[64];
	uint64_t since = 0;
	_close_ int proc = -1;

	if (snprintf(path, sizeof(path), "/proc/%s", name) >= (int)sizeof(path))
		return;
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || read_text(proc, "cgroup", s->cgroups, CGROUPS_MAX) < 0)
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct container *c = &s->containers[i];

		if (!container_is_of(s->cgroups, c->id))
			continue;
		since = since ? since : start_time(proc);
		if (c->pid && since >= s->since[i])
			continue;
		c->pid = (pid_t)atoi(name);
		s->since[i] = since;
	}
}

static void closedir_p(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int container_find(struct container *containers, size_t n, struct reason *why)
{
	_cleanup_(closedir_p) DIR *dir = opendir("/proc");
	_free_ uint64_t *since = calloc(n + 1, sizeof(*since));
	_free_ char *cgroups = malloc(CGROUPS_MAX);
	struct search s = {containers, n, since, cgroups};
	struct dirent *entry;

	if (!since || !cgroups)
		return fail(why, -ENOMEM, "out of memory");
	if (!dir)
		return fail(why, -errno, "cannot read /proc: %s", strerror(errno));
	for (size_t i = 0; i < n; i++) {
		int r = check_id(containers[i].id, why);

		if (r < 0)
			return r;
		containers[i].pid = 0;
	}
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(&s, entry->d_name);
	return 0;
}

static int gone(const char *id, struct reason *why)
{
	int r = fail(why, -ENOENT, "container %s has no process here", id);

	reason_hint(why, "it has ended, or bpfd does not see the processes of the host (hostPID)");
	return r;
}

/* /proc/PID of its init, looked at again once it is open. */
static int open_process(const char *id, struct reason *why)
{
	struct container c = {.id = id};
	_free_ char *cgroups = malloc(CGROUPS_MAX);
	_close_ int proc = -1;
	char path[64];
	int r = cgroups ? container_find(&c, 1, why) : fail(why, -ENOMEM, "out of memory");

	if (r < 0)
		return r;
	if (c.pid == 0)
		return gone(id, why);
	snprintf(path, sizeof(path), "/proc/%d", (int)c.pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || read_text(proc, "cgroup", cgroups, CGROUPS_MAX) < 0 ||
	    !container_is_of(cgroups, id))
		return gone(id, why);
	return take_fd(&proc);
}

static int refuse(const char *id, const char *what, int error, struct reason *why)
{
	int r;

	if (error == ESRCH || error == ENOENT)
		return gone(id, why);
	r = fail(why, -error, "container %s: cannot open its %s: %s", id, what, strerror(error));
	if (error == EACCES || error == EPERM)
		reason_hint(why, "bpfd needs CAP_SYS_PTRACE for what is in containers");
	return r;
}

int container_open_netns(const char *id, struct reason *why)
{
	_close_ int proc = open_process(id, why);
	_close_ int fd = -1;

	if (proc < 0)
		return proc;
	fd = openat(proc, "ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(id, "network namespace", errno, why);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return fail(why, -EINVAL, "container %s: that is no network namespace", id);
	return take_fd(&fd);
}

static int open_beneath(int root, const char *path)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int refuse_file(const char *id, const char *path, int error, struct reason *why)
{
	if (error == ENOSYS)
		return fail(why, -EOPNOTSUPP,
			    "files of containers need openat2(2), which came with kernel 5.6");
	return fail(why, -error, "container %s: %s: %s", id, path, strerror(error));
}

int container_open_file(const char *id, const char *path, struct reason *why)
{
	_close_ int proc = open_process(id, why);
	_close_ int root = -1;
	_close_ int place = -1;
	_close_ int fd = -1;
	char self[64];
	struct stat st;

	if (proc < 0)
		return proc;
	root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return refuse(id, "root", errno, why);
	place = open_beneath(root, path);
	if (place < 0)
		return refuse_file(id, path, -place, why);
	/* Opening a device can act on it: look first, without opening. */
	if (fstat(place, &st) < 0 || !S_ISREG(st.st_mode))
		return fail(why, -EINVAL, "container %s: %s is no regular file", id, path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? refuse_file(id, path, errno, why) : take_fd(&fd);
}
