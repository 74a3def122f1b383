/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the switch into a network namespace and back. */
#include "kernel/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define NAMES_DIR "/run/netns"
#define NAMES_MAX 65536

static bool is_same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int netns_run(int netns_fd, int (*fn)(void *arg), void *arg, struct reason *why)
{
	int own _close_ = -1;
	int r;

	if (netns_fd < 0)
		return fn(arg);
	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return fail(why, -errno, "cannot open our own network namespace: %s",
			    strerror(errno));
	if (is_same(own, netns_fd))
		return fn(arg);
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return fail(why, -errno, "cannot enter the network namespace: %s", strerror(errno));
	r = fn(arg);
	if (setns(own, CLONE_NEWNET) < 0)
		abort();
	return r;
}

void netns_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

static void names_free_p(char ***names)
{
	netns_names_free(*names);
}

static void closedir_p(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int netns_names(char ***ret, struct reason *why)
{
	_cleanup_(closedir_p) DIR *dir = opendir(NAMES_DIR);
	_cleanup_(names_free_p) char **names = calloc(1, sizeof(*names));
	struct dirent *entry;
	size_t n = 0;

	if (!names)
		return -ENOMEM;
	if (!dir && errno != ENOENT)
		return fail(why, -errno, "cannot read " NAMES_DIR ": %s", strerror(errno));
	while (dir && n < NAMES_MAX && (entry = readdir(dir))) {
		char **grown;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		grown = realloc(names, (n + 2) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		names = grown;
		names[n + 1] = NULL;
		names[n] = strdup(entry->d_name);
		if (!names[n++])
			return -ENOMEM;
	}
	*ret = take_ptr(names);
	return 0;
}

static int refuse_name(const char *name, struct reason *why)
{
	_cleanup_(names_free_p) char **names = NULL;
	const char *nearest = NULL;
	int r = fail(why, -ENOENT, "no network namespace \"%s\"", name);

	if (name[0] != '/' && netns_names(&names, NULL) == 0)
		nearest = text_nearest(name, (const char *const *)names);
	if (nearest)
		reason_hint(why, "did you mean \"%s\"", nearest);
	return r;
}

static bool is_on_nsfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == NSFS_MAGIC;
}

static int reopen(int place)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int netns_open(const char *name_or_path, struct reason *why)
{
	char *path _free_ = NULL;
	int place _close_ = -1;
	int fd _close_ = -1;

	if (asprintf(&path, "%s%s", name_or_path[0] == '/' ? "" : NAMES_DIR "/", name_or_path) < 0)
		return -ENOMEM;
	/* The path may be a client's: what is no namespace, a device say, is never opened. */
	place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0 && errno == ENOENT)
		return refuse_name(name_or_path, why);
	if (place < 0)
		return fail(why, -errno, "cannot open network namespace %s: %s", path,
			    strerror(errno));
	fd = is_on_nsfs(place) ? reopen(place) : -EINVAL;
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return fail(why, -EINVAL, "%s is no network namespace", path);
	return take_fd(&fd);
}
