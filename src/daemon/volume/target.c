/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a path that a client names becomes a place, and what mountinfo says of it. */
#include "daemon/volume/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/uuid.h"

#define PLACE_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int open_in_one(int root, const char *relative)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, relative, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* O_NOFOLLOW with O_PATH opens the link itself, O_DIRECTORY then refuses it as ENOTDIR. */
static int open_part(int at, const char *name)
{
	int fd = strcmp(name, "..") == 0 ? -1 : openat(at, name, PLACE_FLAGS);

	if (fd < 0)
		return strcmp(name, "..") == 0 ? -EXDEV : -errno;
	return fd;
}

static int open_by_parts(int root, const char *relative)
{
	_close_ int at = openat(root, ".", PLACE_FLAGS);
	char name[256];

	if (at < 0)
		return -errno;
	while (*relative) {
		size_t n = strcspn(relative, "/");
		int fd;

		if (n == 0 || n >= sizeof(name))
			return n ? -ENAMETOOLONG : -EINVAL;
		memcpy(name, relative, n);
		name[n] = '\0';
		fd = open_part(at, name);
		if (fd < 0)
			return fd;
		fd_close(&at);
		at = fd;
		relative += n + (relative[n] == '/');
	}
	return take_fd(&at);
}

int target_open_beneath(int root, const char *relative, bool walk)
{
	int fd = walk ? -ENOSYS : open_in_one(root, relative);

	return fd == -ENOSYS ? open_by_parts(root, relative) : fd;
}

void target_done(struct target *target)
{
	fd_close(&target->pods);
	fd_close(&target->parent);
	fd_close(&target->fd);
}

static int fail_open(const struct target *target, int r, struct reason *why)
{
	if (r == -ELOOP || r == -EXDEV)
		reason_hint(why, "no part of the path may be a link");
	return fail(why, r, "cannot open %.200s beneath the pods of the kubelet: %s",
		    target->relative, strerror(-r));
}

int target_reopen(struct target *target, struct reason *why)
{
	int fd = target_open_beneath(target->pods, target->relative, false);

	fd_close(&target->fd);
	if (fd < 0 && fd != -ENOENT)
		return fail_open(target, fd, why);
	target->fd = fd < 0 ? -1 : fd;
	return 0;
}

int target_open(const char *kubelet, const char *relative, struct target *ret, struct reason *why)
{
	_cleanup_(target_done) struct target t = {-1, -1, -1, NULL, relative};
	const char *slash = strrchr(relative, '/');
	_free_ char *above = slash ? strndup(relative, (size_t)(slash - relative)) : strdup(".");
	_free_ char *pods = NULL;
	int r;

	if (!above || asprintf(&pods, "%s/pods", kubelet) < 0)
		return fail(why, -ENOMEM, "out of memory");
	t.name = slash ? slash + 1 : relative;
	t.pods = open(pods, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t.pods < 0)
		return fail(why, -errno, "cannot open %s: %s", pods, strerror(errno));
	t.parent = target_open_beneath(t.pods, above, false);
	if (t.parent < 0)
		return fail_open(&t, t.parent, why);
	r = target_reopen(&t, why);
	if (r < 0)
		return r;
	*ret = t;
	t = (struct target){-1, -1, -1, NULL, NULL};
	return 0;
}

/* "\040" and the like. */
static void undo_escapes(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
int target_parse_mount(char *line, struct mount_line *ret)
{
	char *save = NULL, *behind = strstr(line, " - ");
	const char *id;
	struct mount_line m = {0};

	if (!behind)
		return -EINVAL;
	*behind = '\0';
	m.is_shared = strstr(line, " shared:") != NULL;
	id = strtok_r(line, " ", &save);
	if (!id || text_parse_u64(id, UINT64_MAX, &m.id) < 0)
		return -EINVAL;
	for (int i = 0; i < 3; i++)
		m.root = strtok_r(NULL, " ", &save);
	m.path = m.root ? strtok_r(NULL, " ", &save) : NULL;
	m.type = strtok_r(behind + strlen(" - "), " \n", &save);
	m.source = strtok_r(NULL, " \n", &save);
	if (!m.path || !m.type || !m.source)
		return -EINVAL;
	undo_escapes(m.path);
	*ret = m;
	return 0;
}

static int mount_id(int fd, uint64_t *ret)
{
	_free_ char *text = NULL;
	char path[64], digits[24];
	_close_ int info = -1;
	size_t len;
	const char *at;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	r = fd_read_all(info, 65536, &text, &len);
	if (r < 0)
		return r;
	at = strstr(text, "mnt_id:");
	if (!at || sscanf(at, "mnt_id: %23[0-9]", digits) != 1)
		return -ENODATA;
	return text_parse_u64(digits, UINT64_MAX, ret);
}

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static int find_mount(uint64_t id, struct mounted *ret)
{
	_cleanup_(close_file) FILE *f = fopen("/proc/self/mountinfo", "re");
	_free_ char *line = NULL;
	struct mount_line m;
	size_t size = 0;

	if (!f)
		return -errno;
	while (getline(&line, &size, f) > 0) {
		if (target_parse_mount(line, &m) < 0 || m.id != id)
			continue;
		snprintf(ret->root, sizeof(ret->root), "%s", m.root);
		snprintf(ret->type, sizeof(ret->type), "%s", m.type);
		snprintf(ret->source, sizeof(ret->source), "%s", m.source);
		return 0;
	}
	return -ENOENT;
}

int target_mounted(const struct target *target, struct mounted *ret, struct reason *why)
{
	struct mounted m = {0};
	uint64_t above, here;
	int r = mount_id(target->parent, &above);

	if (r == 0)
		r = mount_id(target->fd, &here);
	m.is_mount = r == 0 && above != here;
	if (m.is_mount)
		r = find_mount(here, &m);
	if (r < 0)
		return fail(why, r, "cannot see what is mounted at %.200s: %s", target->relative,
			    strerror(-r));
	*ret = m;
	return 0;
}

/* The uuid of the volume whose mount it is; NULL: of none. */
static const char *whose(const char *source, const char *type, const char *root)
{
	const char *pins = "/" TARGET_PINS;

	if (strncmp(source, TARGET_SOURCE, strlen(TARGET_SOURCE)) == 0)
		return source + strlen(TARGET_SOURCE);
	if (strcmp(type, "bpf") == 0 && strncmp(root, pins, strlen(pins)) == 0)
		return root + strlen(pins);
	return NULL;
}

bool mounted_is_ours(const struct mounted *m, const char *uuid)
{
	const char *found = m->is_mount ? whose(m->source, m->type, m->root) : NULL;

	return found && (!uuid || strcmp(found, uuid) == 0);
}

bool mounted_is_beneath(const struct mounted *m)
{
	return m->is_mount && strcmp(m->type, "bpf") == 0 && strcmp(m->root, "/") == 0;
}

int target_is_shared(const char *directory)
{
	_cleanup_(close_file) FILE *f = fopen("/proc/self/mountinfo", "re");
	_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ char *line = NULL;
	struct mount_line m;
	size_t size = 0;
	uint64_t id;
	int r = f && fd >= 0 ? mount_id(fd, &id) : -errno;

	while (r == 0 && getline(&line, &size, f) > 0)
		if (target_parse_mount(line, &m) == 0 && m.id == id)
			return m.is_shared;
	return r < 0 ? r : -ENOENT;
}

struct found {
	char *path;
	char uuid[UUID_TEXT_SIZE];
};

static int add_found(struct found **all, size_t *n, const struct mount_line *m)
{
	struct found *to = array_add((void **)all, n, sizeof(*to));

	if (!to)
		return -ENOMEM;
	snprintf(to->uuid, sizeof(to->uuid), "%s", whose(m->source, m->type, m->root));
	to->path = strdup(m->path);
	return to->path ? 0 : -ENOMEM;
}

int target_each_mount(const char *directory, target_visit *visit, void *arg)
{
	_cleanup_(close_file) FILE *f = fopen("/proc/self/mountinfo", "re");
	_free_ char *line = NULL;
	struct found *all = NULL;
	struct mount_line m;
	size_t size = 0, n = 0, len = strlen(directory);
	int r = f ? 0 : -errno;

	while (r == 0 && getline(&line, &size, f) > 0)
		if (target_parse_mount(line, &m) == 0 && whose(m.source, m.type, m.root) &&
		    strncmp(m.path, directory, len) == 0 && m.path[len] == '/')
			r = add_found(&all, &n, &m);
	for (size_t i = n; i-- > 0;) {
		if (r == 0)
			visit(all[i].path, all[i].uuid, arg);
		free(all[i].path);
	}
	free(all);
	return r;
}
