/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the directory that libxdp's tools share and its lock. */
#include "libxdp/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

#define LOCK_MAX_MS 10000

void pins_close(struct pins *pins)
{
	if (pins->fd >= 0)
		close(pins->fd);
	pins->fd = -1;
}

static const char *bpffs_path(void)
{
	const char *path = secure_getenv("LIBXDP_BPFFS");

	return path && *path ? path : "/sys/fs/bpf";
}

static int check_root(const char *path, struct reason *why)
{
	int r = bpffs_check(path, why);

	if (r == -ENOTSUP)
		reason_hint(why, "libxdp's tools keep their pins there: mount -t bpf bpf %s", path);
	return r;
}

/* A bpffs is open to all by default: whoever came first would own the lock and the pins. */
static int check_owner(const struct pins *pins, struct reason *why)
{
	struct stat st;

	if (fstat(pins->fd, &st) < 0)
		return fail(why, -errno, "cannot look at %s: %s", pins->path, strerror(errno));
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & 022))
		return 0;
	fail(why, -EPERM,
	     "%s belongs to user %u, or others may write it: its pins are not to be "
	     "trusted",
	     pins->path, (unsigned int)st.st_uid);
	reason_hint(why, "remove the directory, it is made again");
	return -EPERM;
}

/* Waiting without an end would hang on a tool that does. */
static int lock(const struct pins *pins, struct reason *why)
{
	for (int ms = 0; flock(pins->fd, LOCK_EX | LOCK_NB) < 0; ms += 5) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fail(why, -errno, "cannot lock %s: %s", pins->path, strerror(errno));
		if (ms >= LOCK_MAX_MS) {
			fail(why, -EBUSY, "somebody has had %s locked for %d seconds", pins->path,
			     LOCK_MAX_MS / 1000);
			reason_hint(why, "fuser -v %s tells who", pins->path);
			return -EBUSY;
		}
		usleep(5000);
	}
	return 0;
}

static int make_directory(const char *path, struct reason *why)
{
	int r = mkdir(path, 0700) < 0 ? -errno : 0;

	if (r == 0 || r == -EEXIST)
		return r;
	fail(why, r, "cannot make %s: %s", path, strerror(-r));
	if (r == -EROFS)
		reason_hint(why, "it is read-only for this service: ReadWritePaths=%s",
			    bpffs_path());
	return r;
}

int pins_open(bool may_make, struct pins *ret, struct reason *why)
{
	_pins_ struct pins pins = {.fd = -1};
	int r = check_root(bpffs_path(), why);

	if (r < 0)
		return r;
	snprintf(pins.path, sizeof(pins.path), "%s/xdp", bpffs_path());
	r = may_make ? make_directory(pins.path, why) : 0;
	if (r < 0 && r != -EEXIST)
		return r;
	pins.fd = open(pins.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (pins.fd < 0)
		return fail(why, -errno, "cannot open %s: %s", pins.path, strerror(errno));
	r = check_owner(&pins, why);
	if (r == 0)
		r = lock(&pins, why);
	if (r < 0)
		return r;
	*ret = pins;
	pins.fd = -1;
	return 0;
}

#define NAME_SIZE (PINS_PATH_SIZE + 64)

static void name_directory(const struct pins_place *place, char ret[static NAME_SIZE])
{
	snprintf(ret, NAME_SIZE, "%s/dispatch-%u-%u", place->pins->path, place->ifindex, place->id);
}

static void name_pin(const struct pins_place *place, size_t slot, const char *what,
		     char ret[static NAME_SIZE])
{
	snprintf(ret, NAME_SIZE, "%s/dispatch-%u-%u/prog%zu-%s", place->pins->path, place->ifindex,
		 place->id, slot, what);
}

int pins_program_open(const struct pins_place *place, size_t slot)
{
	char path[NAME_SIZE];

	name_pin(place, slot, "prog", path);
	return bpf_pin_open(path, false, NULL);
}

int pins_make(const struct pins_place *place, struct reason *why)
{
	char path[NAME_SIZE];
	int r;

	name_directory(place, path);
	r = make_directory(path, why);
	return r == -EEXIST ? fail(why, r, "%s is there already", path) : r;
}

int pins_put(const struct pins_place *place, size_t slot, int program_fd, int link_fd,
	     struct reason *why)
{
	char path[NAME_SIZE];
	int r;

	name_pin(place, slot, "link", path);
	r = bpf_pin(link_fd, path, why);
	if (r < 0)
		return r;
	name_pin(place, slot, "prog", path);
	return bpf_pin(program_fd, path, why);
}

int pins_remove(const struct pins_place *place, struct reason *why)
{
	char path[NAME_SIZE];

	name_directory(place, path);
	return bpffs_remove_tree(path, why);
}
