/* SPDX-License-Identifier: Apache-2.0 */
/* Owns mount(2) for volumes. Paths are /proc/self/fd/N: a place that was opened stays the place. */
#include "daemon/volume/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/volume/target.h"
#include "daemon/volume/volume.h"
#include "kernel/bpf.h"

#define NO_POWER      (MS_NOSUID | MS_NODEV | MS_NOEXEC)
#define TMPFS_OPTIONS "mode=0755,size=64k,nr_inodes=16"
#define BPFFS_OPTIONS "mode=0755"
#define MAPS	      "maps"
#define BACKLOG	      64

/* Of what is being replaced; no map has a '%' in its name. */
#define NEW_PIN "%new"

typedef char fd_path[320];

static const char *path_in(int fd, const char *name, fd_path ret)
{
	snprintf(ret, sizeof(fd_path), "/proc/self/fd/%d%s%s", fd, name ? "/" : "",
		 name ? name : "");
	return ret;
}

int mount_directory(struct volume *v, struct target *target, struct reason *why)
{
	if (target->fd >= 0)
		return 0;
	if (mkdirat(target->parent, target->name, 0750) < 0)
		return fail(why, -errno, "cannot make %s: %s", v->target, strerror(errno));
	v->has_directory = true;
	return target_reopen(target, why);
}

static int mount_new(const struct volume *v, int fd, const char *type, struct reason *why)
{
	char source[64];
	fd_path path;

	snprintf(source, sizeof(source), TARGET_SOURCE "%s", v->uuid);
	if (mount(source, path_in(fd, NULL, path), type, NO_POWER,
		  strcmp(type, "bpf") == 0 ? BPFFS_OPTIONS : TMPFS_OPTIONS) == 0)
		return 0;
	if (errno == EPERM)
		reason_hint(why, "bpfd needs CAP_SYS_ADMIN to mount");
	return fail(why, -errno, "cannot mount a %s at %s: %s", type, v->target, strerror(errno));
}

/* The whole file system, not this mount of it: the pod gets another mount, which its runtime may
 * make writable, and a read-only mount does not keep bpf(2) from opening a pin for writing
 * (bpf_obj_do_get() asks the inode). */
static int freeze(int fd, bool is_read_only, struct reason *why)
{
	fd_path path;

	if (mount(NULL, path_in(fd, NULL, path), NULL,
		  MS_REMOUNT | NO_POWER | (is_read_only ? MS_RDONLY : 0), NULL) < 0)
		return fail(why, -errno, "cannot remount a volume: %s", strerror(errno));
	return 0;
}

static int open_maps(int fd)
{
	int maps = openat(fd, MAPS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return maps < 0 ? -errno : maps;
}

/* The kernel may put iterators into the root of a new bpffs that nobody can remove (bpf_preload:
 * maps.debug, progs.debug) and that tell of all that the host has. So pods see a directory of it
 * instead, mounted over the root. @at: root of the new bpffs. */
static int hide_root(const struct volume *v, int at, struct reason *why)
{
	char name[sizeof(TARGET_PINS) + UUID_TEXT_SIZE];
	_close_ int pins = -1;
	fd_path from, to;

	snprintf(name, sizeof(name), TARGET_PINS "%s", v->uuid);
	if (mkdirat(at, name, 0755) < 0 || fchmodat(at, name, 0755, 0) < 0)
		return fail(why, -errno, "cannot make a directory in the bpffs at %s: %s",
			    v->target, strerror(errno));
	pins = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (pins < 0 ||
	    mount(path_in(pins, NULL, from), path_in(at, NULL, to), NULL, MS_BIND, NULL) < 0)
		return fail(why, -errno, "cannot mount the pins at %s: %s", v->target,
			    strerror(errno));
	return 0;
}

static int mount_maps(const struct volume *v, int fd, struct reason *why)
{
	_close_ int maps = -1;
	int r;

	if (mkdirat(fd, MAPS, 0755) < 0 || fchmodat(fd, MAPS, 0755, 0) < 0)
		return fail(why, -errno, "cannot make " MAPS " in %s: %s", v->target,
			    strerror(errno));
	maps = open_maps(fd);
	if (maps < 0)
		return fail(why, maps, "cannot open " MAPS " in %s", v->target);
	r = mount_new(v, maps, "bpf", why);
	fd_close(&maps);
	maps = open_maps(fd);
	return r < 0 ? r : hide_root(v, maps, why);
}

int mount_make(const struct volume *v, struct target *target, struct reason *why)
{
	const bool is_bpffs = v->layout == VOLUME_BPFMAN;
	struct mounted there;
	int r = target_mounted(target, &there, why);

	if (r == 0 && there.is_mount) {
		fail(why, -EBUSY, "%s has a %s mounted already, from %s", v->target, there.type,
		     there.source);
		reason_hint(why, "bpfd mounts on nothing that it has not made: unmount it first");
		return -EBUSY;
	}
	if (r == 0)
		r = mount_new(v, target->fd, is_bpffs ? "bpf" : "tmpfs", why);
	if (r == 0)
		r = target_reopen(target, why);
	if (r == 0 && !is_bpffs && !v->is_read_only)
		r = mount_maps(v, target->fd, why);
	if (r == 0 && is_bpffs)
		r = hide_root(v, target->fd, why);
	return r == 0 && is_bpffs ? target_reopen(target, why) : r;
}

/* A pod may write here and put a link where we have just made something: only what was opened is
 * changed, and only when it is what we make. */
static int give(int dir, const char *name, mode_t type_and_mode, gid_t group)
{
	_close_ int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	fd_path path;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != (type_and_mode & S_IFMT) || st.st_nlink != 1)
		return -ESTALE;
	/* The mode first: that of another's file can be changed with CAP_FOWNER only. */
	if (chmod(path_in(fd, NULL, path), type_and_mode & 07777) < 0 ||
	    fchownat(fd, "", 0, group, AT_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static mode_t pin_mode(const struct volume *v)
{
	mode_t mode = v->is_read_only ? 0400 : 0600;

	return v->has_group ? mode | mode >> 3 : mode;
}

static int pin_one(const struct context *ctx, const struct volume *v, int dir,
		   const struct map *map, struct reason *why)
{
	paths_buf pin;
	fd_path path;
	_close_ int fd = bpf_pin_open(paths_map(ctx->paths, map->load, map->id, pin), false, why);
	int r;

	if (fd < 0)
		return fd;
	unlinkat(dir, NEW_PIN, 0);
	r = bpf_pin(fd, path_in(dir, NEW_PIN, path), why);
	if (r < 0)
		return r;
	r = give(dir, NEW_PIN, S_IFREG | pin_mode(v), v->has_group ? v->group : 0);
	if (r == 0 && renameat(dir, NEW_PIN, dir, map->name) < 0)
		r = -errno;
	return r < 0 ? fail(why, r, "cannot pin map %s for a pod: %s", map->name, strerror(-r)) : 0;
}

static const struct map *find_map(const struct map_list *maps, const char *name)
{
	for (size_t i = 0; i < maps->n; i++)
		if (strcmp(maps->items[i].name, name) == 0)
			return &maps->items[i];
	return NULL;
}

static int pin_all(const struct context *ctx, const struct volume *v, int dir,
		   const struct map_list *maps, struct reason *why)
{
	char name[VOLUME_MAP_MAX + 1];
	const char *at = v->maps;
	int r = 0;

	while (r == 0 && volume_next_map(&at, name)) {
		const struct map *map = find_map(maps, name);

		if (map)
			r = pin_one(ctx, v, dir, map, why);
		else if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
			r = fail(why, -errno, "cannot unpin map %s: %s", name, strerror(errno));
	}
	return r;
}

static int note_pinned(struct volume *v, const struct map_list *maps, struct reason *why)
{
	_text_ struct text ids = {0};

	for (size_t i = 0; i < maps->n; i++)
		text_add(&ids, "%s%u", i ? "," : "", maps->items[i].id);
	if (ids.r < 0 || text_set(&v->pinned, ids.data ? ids.data : "") < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

static int pin_alone(const struct context *ctx, const struct volume *v, int fd,
		     const struct map_list *maps, struct reason *why)
{
	int r = v->is_read_only ? freeze(fd, false, why) : 0;
	int end;

	if (r < 0)
		return r;
	r = pin_all(ctx, v, fd, maps, why);
	end = v->is_read_only ? freeze(fd, true, why) : 0;
	return r < 0 ? r : end;
}

int mount_pin(const struct context *ctx, struct volume *v, const struct target *target,
	      const struct map_list *maps, struct reason *why)
{
	int r = 0;

	if (v->layout == VOLUME_BPFMAN) {
		r = pin_alone(ctx, v, target->fd, maps, why);
	} else if (!v->is_read_only) {
		_close_ int dir = open_maps(target->fd);

		r = dir < 0 ? fail(why, dir, "%s has no " MAPS, v->target)
			    : pin_all(ctx, v, dir, maps, why);
	}
	return r < 0 ? r : note_pinned(v, maps, why);
}

static int listen_in(int dir, const char *name, int type, struct reason *why)
{
	_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int r = 0;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", dir, name);
	unlinkat(dir, name, 0);
	/* Whoever is in the pod may connect: it is the pod's socket. */
	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r == 0)
		r = give(dir, name, S_IFSOCK | 0666, 0);
	return r < 0 ? fail(why, r, "cannot listen at %s of a volume: %s", name, strerror(-r))
		     : take_fd(&fd);
}

int mount_listen(const struct target *target, int ret[static 2], struct reason *why)
{
	_close_ int api = -1;
	_close_ int maps = -1;
	int r = freeze(target->fd, false, why);

	if (r < 0)
		return r;
	r = api = listen_in(target->fd, "bpfd.sock", SOCK_STREAM, why);
	if (r >= 0)
		r = maps = listen_in(target->fd, "maps.sock", SOCK_SEQPACKET, why);
	if (r >= 0)
		r = freeze(target->fd, true, why);
	if (r < 0)
		return r;
	ret[0] = take_fd(&api);
	ret[1] = take_fd(&maps);
	return 0;
}

int mount_end(struct target *target, struct reason *why)
{
	bool was_ours = false;

	/* Stacked by a foreign hand, at most. */
	for (int i = 0; i < 8 && target->fd >= 0; i++) {
		struct mounted there;
		fd_path path;
		int r = target_mounted(target, &there, why);

		if (r < 0 || !there.is_mount)
			return r;
		if (!mounted_is_ours(&there, NULL) && !(was_ours && mounted_is_beneath(&there))) {
			fail(why, -EBUSY, "%.200s has a %s mounted that is not ours, from %s",
			     target->relative, there.type, there.source);
			reason_hint(why, "unmount it by hand: bpfd ends only what it has mounted");
			return -EBUSY;
		}
		was_ours = true;
		/* Lazily: what pods still have open must not keep it. */
		if (umount2(path_in(target->fd, NULL, path), MNT_DETACH) < 0)
			return fail(why, -errno, "cannot unmount %.200s: %s", target->relative,
				    strerror(errno));
		r = target_reopen(target, why);
		if (r < 0)
			return r;
	}
	return 0;
}
