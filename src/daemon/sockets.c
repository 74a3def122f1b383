/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how the sockets come about, their modes and group. */
#include "daemon/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/auth/account.h"
#include "daemon/auth/auth.h"
#include "daemon/keeper.h"
#include "daemon/paths/paths.h"

#define BACKLOG 4096

static int address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
	return 0;
}

/* A socket file that nobody answers is what a killed daemon leaves. */
static int remove_stale(const char *path, int type, struct reason *why)
{
	struct sockaddr_un addr;
	_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	address(path, &addr);
	if (fd < 0)
		return fail(why, -errno, "cannot make a socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == EAGAIN) {
		fail(why, -EADDRINUSE, "another daemon answers at %s", path);
		reason_hint(why, "stop it, or give this one its own --runtime-dir");
		return -EADDRINUSE;
	}
	if (errno == EPROTOTYPE)
		return fail(why, -EADDRINUSE, "something else answers at %s", path);
	return unlink(path) < 0 && errno != ENOENT
		       ? fail(why, -errno, "cannot remove %s: %s", path, strerror(errno))
		       : 0;
}

static int listen_at(const char *path, int type, mode_t mode, struct reason *why)
{
	gid_t group;
	bool has_group = account_group(AUTH_GROUP, &group) == 0;
	struct sockaddr_un addr;
	_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = remove_stale(path, type, why);
	mode_t mask;

	if (r < 0)
		return r;
	address(path, &addr);
	mask = umask(0177);
	r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (r < 0)
		return fail(why, -errno, "cannot bind %s: %s", path, strerror(errno));
	if ((has_group && chown(path, 0, group) < 0) || chmod(path, mode) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return fail(why, -errno, "cannot listen at %s: %s", path, strerror(errno));
	return take_fd(&fd);
}

static void take_activated(struct keeper *keeper, struct sockets *s)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (s->api < 0 && sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0)
			s->api = fd;
		else if (s->maps < 0 && sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) > 0)
			s->maps = fd;
		else
			keeper_restore_adopt(keeper, names[i], fd);
		free(names[i]);
	}
	free(names);
}

static void sockets_done(struct sockets *s)
{
	fd_close(&s->api);
	fd_close(&s->maps);
}

int sockets_open(const struct paths *paths, struct keeper *keeper, struct sockets *ret,
		 struct reason *why)
{
	_cleanup_(sockets_done) struct sockets s = {-1, -1};

	take_activated(keeper, &s);
	/* Everybody may connect: rights are checked per method, and version and health are for all.
	 */
	if (s.api < 0)
		s.api = listen_at(paths->socket, SOCK_STREAM, 0666, why);
	if (s.api < 0)
		return s.api;
	if (s.maps < 0)
		s.maps = listen_at(paths->maps_socket, SOCK_SEQPACKET, 0666, why);
	if (s.maps < 0)
		return s.maps;
	*ret = s;
	s = (struct sockets){-1, -1};
	return 0;
}
