/* SPDX-License-Identifier: Apache-2.0 */
/* Owns mounts and directories of pins; the pins themselves are made by kernel/bpf.c. */
#include "kernel/bpffs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

/* Deeper than anything we make. */
#define DEPTH_MAX 16

int bpffs_mount(const char *path, mode_t mode, struct reason *why)
{
	char options[32];

	snprintf(options, sizeof(options), "mode=%04o", (unsigned int)mode & 07777);
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
		return fail(why, -errno, "cannot mount a bpffs at %s: %s", path, strerror(errno));
	return 0;
}

int bpffs_unmount(const char *path, struct reason *why)
{
	if (umount2(path, UMOUNT_NOFOLLOW) < 0)
		return fail(why, -errno, "cannot unmount %s: %s", path, strerror(errno));
	return 0;
}

int bpffs_is_at(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return -errno;
	return (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* The mounts of a file system as a mountinfo file lists them. Its lines are
 * id parent major:minor root mount-point options fields - type …
 * @is_shared: only those that propagate to, or come from, another mount namespace.
 * Return: 1 (there is one), 0, -errno. */
static int has_mount(const char *mountinfo, dev_t device, bool is_shared)
{
	char *line _free_ = NULL;
	unsigned int major_no, minor_no;
	FILE *f = fopen(mountinfo, "re");
	size_t size = 0;
	int found = 0;

	if (!f)
		return -errno;
	while (!found && getline(&line, &size, f) > 0) {
		char *end = strstr(line, " - ");

		if (!end || sscanf(line, "%*d %*d %u:%u ", &major_no, &minor_no) != 2 ||
		    makedev(major_no, minor_no) != device)
			continue;
		*end = '\0';
		found = !is_shared || strstr(line, " shared:") || strstr(line, " master:");
	}
	fclose(f);
	return found;
}

/* Process 1 outlives us, so what it sees stays. Where we are process 1 ourselves (the usual
 * container), or may not read of it, only propagation shows that others have the mount too. */
static bool is_of_the_host(const char *path)
{
	struct stat st;
	int r = -EPERM;

	if (stat(path, &st) < 0)
		return false;
	if (getpid() != 1)
		r = has_mount("/proc/1/mountinfo", st.st_dev, false);
	if (r < 0)
		r = has_mount("/proc/self/mountinfo", st.st_dev, true);
	return r == 1;
}

int bpffs_check(const char *path, struct reason *why)
{
	int r = bpffs_is_at(path);

	if (r < 0)
		return fail(why, r, "cannot look at %s: %s", path, strerror(-r));
	if (r == 0)
		return fail(why, -ENOTSUP, "%s is not on a bpffs: pins cannot live there", path);
	if (is_of_the_host(path))
		return 0;
	r = fail(why, -EXDEV,
		 "only this daemon sees the bpffs at %s: it would end with the daemon and take all "
		 "links with it",
		 path);
	reason_hint(why,
		    "mount it in the host's mount namespace (run-bpfd-fs.mount; in a container: a "
		    "host path with Bidirectional propagation)");
	return r;
}

char *bpffs_escape(const char *name)
{
	struct text t _text_ = {0};

	for (; *name; name++) {
		if (*name == '.' || *name == '/' || *name == '%')
			text_add(&t, "%%%02x", (unsigned int)*name);
		else
			text_add_bytes(&t, name, 1);
	}
	return text_take(&t);
}

char *bpffs_unescape(const char *name)
{
	static const char escaped[][4] = {"%2e", "%2f", "%25"};
	struct text t _text_ = {0};

	for (; *name; name++) {
		if (*name != '%') {
			text_add_bytes(&t, name, 1);
			continue;
		}
		size_t i = 0;

		while (i < array_size(escaped) && strncmp(name, escaped[i], 3) != 0)
			i++;
		if (i == array_size(escaped))
			return NULL;
		text_add_bytes(&t, &"./%"[i], 1);
		name += 2;
	}
	return text_take(&t);
}

int bpffs_rename(const char *from, const char *to, struct reason *why)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return fail(why, -errno, "cannot rename %s to %s: %s", from, to, strerror(errno));
	return 0;
}

int bpffs_unlink(const char *path, struct reason *why)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(why, -errno, "cannot remove pin %s: %s", path, strerror(errno));
	return 0;
}

static void closedir_p(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Is the directory on the file system @dev, and that one a bpffs? */
static int check_inside(int fd, dev_t dev)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	return st.st_dev == dev && (unsigned long)fs.f_type == BPF_FS_MAGIC ? 0 : -EXDEV;
}

static int remove_content(int parent_fd, const char *name, dev_t dev, int depth);

static int remove_entry(int dir_fd, const struct dirent *entry, dev_t dev, int depth)
{
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;
	if (entry->d_type != DT_DIR)
		return unlinkat(dir_fd, entry->d_name, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (depth == 0)
		return -ELOOP;
	return remove_content(dir_fd, entry->d_name, dev, depth - 1);
}

/* Empty and remove directory @name of @parent_fd. */
static int remove_content(int parent_fd, const char *name, dev_t dev, int depth)
{
	_cleanup_(closedir_p) DIR *dir = NULL;
	int fd _close_ = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	int r;

	if (fd < 0)
		return -errno;
	r = check_inside(fd, dev);
	if (r < 0)
		return r;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	take_fd(&fd);
	while ((entry = readdir(dir))) {
		r = remove_entry(dirfd(dir), entry, dev, depth);
		if (r < 0)
			return r;
	}
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int bpffs_remove_tree(const char *path, struct reason *why)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : fail(why, -errno, "cannot remove %s: %s", path, strerror(errno));
	r = remove_content(AT_FDCWD, path, st.st_dev, DEPTH_MAX);
	if (r < 0)
		return fail(why, r, "cannot remove %s and what is in it: %s", path, strerror(-r));
	return 0;
}
