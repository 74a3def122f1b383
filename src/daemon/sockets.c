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
#include "manifest/settings.h"

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

/* @group: -1 leaves root's. */
struct entrance {
	const char *path;
	int type;
	mode_t mode;
	gid_t group;
};

static int listen_at(const struct entrance *at, struct reason *why)
{
	const char *path = at->path;
	struct sockaddr_un addr;
	_close_ int fd = socket(AF_UNIX, at->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = remove_stale(path, at->type, why);
	mode_t mask;

	if (r < 0)
		return r;
	address(path, &addr);
	mask = umask(0177);
	r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (r < 0)
		return fail(why, -errno, "cannot bind %s: %s", path, strerror(errno));
	if ((at->group != (gid_t)-1 && chown(path, 0, at->group) < 0) ||
	    chmod(path, at->mode) < 0 || listen(fd, BACKLOG) < 0)
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
	fd_close(&s->agent);
}

int sockets_open(const struct paths *paths, struct keeper *keeper, struct sockets *ret,
		 struct reason *why)
{
	_cleanup_(sockets_done) struct sockets s = {-1, -1, -1};
	gid_t group = (gid_t)-1;

	account_group(AUTH_GROUP, &group);
	take_activated(keeper, &s);
	/* Everybody may connect: rights are checked per method, and version and health are for all.
	 */
	if (s.api < 0)
		s.api = listen_at(&(struct entrance){paths->socket, SOCK_STREAM, 0666, group}, why);
	if (s.api < 0)
		return s.api;
	if (s.maps < 0)
		s.maps = listen_at(
			&(struct entrance){paths->maps_socket, SOCK_SEQPACKET, 0666, group}, why);
	if (s.maps < 0)
		return s.maps;
	*ret = s;
	s = (struct sockets){-1, -1, -1};
	return 0;
}

/* The directory is what the agent's pod gets to see: nothing else lies in it. */
static int make_directory(const char *socket, gid_t group, struct reason *why)
{
	_free_ char *path = strdup(socket);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return fail(why, path ? -EINVAL : -ENOMEM, "no directory for %s", socket);
	if (slash == path)
		return 0;
	*slash = '\0';
	if (mkdir(path, 0750) < 0)
		return errno == EEXIST
			       ? 0
			       : fail(why, -errno, "cannot make %s: %s", path, strerror(errno));
	if (chown(path, 0, group) < 0 || chmod(path, 0750) < 0)
		return fail(why, -errno, "cannot give %s to group %u: %s", path, group,
			    strerror(errno));
	return 0;
}

int sockets_open_agent(const struct paths *paths, const struct settings *settings,
		       struct sockets *sockets, struct reason *why)
{
	const struct settings_kubernetes *k = &settings->kubernetes;
	struct entrance at = {NULL, SOCK_STREAM, 0660, settings_agent_group(k)};
	paths_buf path;
	int r;

	sockets->agent = -1;
	if (!k->is_on)
		return 0;
	if (k->agent_socket)
		snprintf(path, sizeof(path), "%s", k->agent_socket);
	else
		snprintf(path, sizeof(path), "%s/agent/bpfd.sock", paths->runtime);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail(why, -ENAMETOOLONG, "the path of the agent's socket is too long: %s",
			    path);
	at.path = path;
	r = make_directory(path, at.group, why);
	if (r == 0)
		r = sockets->agent = listen_at(&at, why);
	return r < 0 ? r : 0;
}
