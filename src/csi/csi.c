/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the sockets and the order in which they appear. */
#include "csi/csi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "csi/attributes.h"
#include "csi/driver.h"
#include "rpc/server.h"

#define NODE_MAX    192 /* of CSI's node_id */
#define MESSAGE_MAX 65536
#define CONNECTIONS 64

struct csi_server {
	struct rpc_server *rpc;
	struct driver drivers[_CSI_DRIVER_MAX];
	char *registrations[_CSI_DRIVER_MAX];
	char *bound[2 * _CSI_DRIVER_MAX]; /* sockets that are ours to remove; borrowed */
	size_t n_bound;
};

static char *join(const char *directory, const char *name, const char *end)
{
	_text_ struct text t = {0};

	text_add(&t, "%s/%s%s", directory, name, end);
	return text_take(&t);
}

static int bind_to(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* A socket that nobody answers is what a dead agent leaves. */
static int remove_stale(const char *path, struct reason *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(why, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(why, -EEXIST, "%s is no socket: remove it", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0)
		return fail(why, -errno, "cannot make a socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN)
		return fail(why, -EADDRINUSE, "another agent answers at %s", path);
	return unlink(path) < 0 && errno != ENOENT
		       ? fail(why, -errno, "cannot remove %s: %s", path, strerror(errno))
		       : 0;
}

static int listen_at(const char *path, struct reason *why)
{
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int r;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail(why, -EINVAL, "the path of the socket is too long: %s", path);
	r = remove_stale(path, why);
	if (r < 0)
		return r;
	/* The kubelet is root, and nobody else has business here. */
	mask = umask(0177);
	r = fd < 0 ? -errno : bind_to(fd, path);
	umask(mask);
	if (r == 0 && listen(fd, CONNECTIONS) < 0)
		r = -errno;
	return r < 0 ? fail(why, r, "cannot listen at %s: %s", path, strerror(-r)) : take_fd(&fd);
}

static int serve(struct csi_server *s, char *path, const struct rpc_service *service,
		 struct reason *why)
{
	int fd = listen_at(path, why);

	if (fd >= 0)
		s->bound[s->n_bound++] = path;
	return fd < 0 ? fd : rpc_server_listen_adopt(s->rpc, fd, service, why);
}

static int fill_driver(struct csi_server *s, enum csi_driver kind, const struct csi_options *o,
		       struct reason *why)
{
	struct driver *d = &s->drivers[kind];

	d->kind = kind;
	d->conn = o->conn;
	d->allow = o->allow;
	d->userdata = o->userdata;
	d->endpoint = join(o->plugin_directory, attributes_names[kind].socket, "");
	s->registrations[kind] =
		join(o->registration_directory, attributes_names[kind].driver, "-reg.sock");
	if (!d->endpoint || !s->registrations[kind] || text_set(&d->node, o->node) < 0 ||
	    text_set(&d->version, o->version) < 0)
		return fail(why, -ENOMEM, "out of memory");
	return 0;
}

static int listen_all(struct csi_server *s, struct reason *why)
{
	int r = 0;

	for (int i = 0; i < _CSI_DRIVER_MAX && r == 0; i++) {
		struct rpc_service service = driver_csi_service(&s->drivers[i]);

		r = serve(s, s->drivers[i].endpoint, &service, why);
	}
	/* The kubelet calls as soon as it sees one of these. */
	for (int i = 0; i < _CSI_DRIVER_MAX && r == 0; i++) {
		struct rpc_service service = driver_registration_service(&s->drivers[i]);

		r = serve(s, s->registrations[i], &service, why);
	}
	return r;
}

static void csi_server_freep(struct csi_server **server)
{
	csi_server_free(*server);
}

int csi_server_new(const struct csi_options *o, struct csi_server **ret, struct reason *why)
{
	static const struct rpc_server_options bounds = {.message_max = MESSAGE_MAX,
							 .connections_max = CONNECTIONS,
							 .connections_per_uid = CONNECTIONS};
	_cleanup_(csi_server_freep) struct csi_server *s = NULL;
	int r = 0;

	if (!o->conn || !o->allow || !o->node || !o->version || !text_is_name(o->node, NODE_MAX))
		return fail(why, -EINVAL, "the name of the node has 1 to %d bytes", NODE_MAX);
	if (o->plugin_directory[0] != '/' || o->registration_directory[0] != '/')
		return fail(why, -EINVAL, "directories of plugins are absolute paths");
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail(why, -ENOMEM, "out of memory");
	for (int i = 0; i < _CSI_DRIVER_MAX && r == 0; i++)
		r = fill_driver(s, (enum csi_driver)i, o, why);
	if (r == 0)
		r = rpc_server_new(&bounds, &s->rpc, why);
	if (r == 0)
		r = listen_all(s, why);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

int csi_server_fd(const struct csi_server *server)
{
	return rpc_server_fd(server->rpc);
}

int csi_server_dispatch(struct csi_server *server)
{
	int r = rpc_server_dispatch(server->rpc);

	return r < 0 ? r : 0;
}

bool csi_server_is_registered(const struct csi_server *server, enum csi_driver driver,
			      const char **ret_error)
{
	if (ret_error)
		*ret_error = server->drivers[driver].error;
	return server->drivers[driver].is_registered;
}

void csi_server_free(struct csi_server *s)
{
	if (!s)
		return;
	/* The registration goes first. */
	while (s->n_bound > 0)
		unlink(s->bound[--s->n_bound]);
	for (int i = 0; i < _CSI_DRIVER_MAX; i++) {
		struct driver *d = &s->drivers[i];

		free(d->endpoint);
		free(d->node);
		free(d->version);
		free(s->registrations[i]);
	}
	rpc_server_free(s->rpc);
	free(s);
}
