/* SPDX-License-Identifier: Apache-2.0 */
/* Owns who may have the descriptor of which map; a program or link descriptor never leaves. */
#include "daemon/maps_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/auth/auth.h"
#include "daemon/auth/map.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/request_log.h"
#include "daemon/store/store.h"
#include "daemon/volume/volume.h"
#include "kernel/bpf.h"
#include "kernel/map.h"
#include "wire/maps_socket.h"

#define CLIENTS_MAX	   256
#define CLIENTS_PER_USER   64
#define CLIENTS_PER_VOLUME 16

struct maps_client {
	struct maps_server *server;
	sd_event_source *source;
	struct caller caller;
	struct maps_client *next;
};

struct maps_server {
	sd_event_source *source;
	struct context *ctx;
	struct maps_client *clients;
	unsigned int n_clients;
	struct refusal_log refusals;
	const struct volume *volume; /* NULL: the socket for all */
};

static void client_free(struct maps_client *c)
{
	struct maps_client **at = &c->server->clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->n_clients--;
	sd_event_source_disable_unref(c->source);
	free(c);
}

static int find(struct maps_client *c, const struct maps_request *rq, struct maps_reply *reply,
		struct reason *why)
{
	struct context *ctx = c->server->ctx;
	_cleanup_(map_done) struct map map = {0};
	bool want_write = rq->flags & MAPS_SOCKET_WANT_WRITE;
	paths_buf path;
	int fd, r;

	if (rq->flags & ~(uint32_t)MAPS_SOCKET_WANT_WRITE)
		return fail(why, -EINVAL, "unknown flags 0x%x", rq->flags);
	if (!text_is_clean(rq->ref, MAPS_SOCKET_REF_SIZE - 1))
		return fail(why, -EINVAL, "the name of the map is not clean text");
	r = c->server->volume ? volume_map_find(ctx->store, c->server->volume, rq->ref, &map, why)
			      : store_map_get(ctx->store, rq->ref, &map, why);
	if (r == 0)
		r = auth_map_fd(&c->caller, &map, want_write, why);
	if (r < 0)
		return r;
	fd = bpf_pin_open(paths_map(ctx->paths, map.load, map.id, path), !want_write, why);
	if (fd < 0)
		return fd;
	reply->map_id = map.id;
	reply->type = map.type;
	reply->key_size = map.key_size;
	reply->value_size = map.value_size;
	reply->max_entries = map.max_entries;
	reply->map_flags = map.flags;
	reply->possible_cpus = map_cpus();
	return fd;
}

static int serve(struct maps_client *c, int sock)
{
	struct maps_reply reply = {.magic = MAPS_SOCKET_MAGIC};
	_reason_ struct reason why = {0};
	struct maps_request rq;
	ssize_t n = fd_recv(sock, &rq, sizeof(rq), NULL, 0, NULL);
	_close_ int fd = -1;

	if (n != sizeof(rq) || rq.magic != MAPS_SOCKET_MAGIC || rq.version != MAPS_SOCKET_VERSION ||
	    rq.ref[sizeof(rq.ref) - 1])
		return -EPROTO;
	fd = find(c, &rq, &reply, &why);
	if (fd < 0) {
		reply.error = fd;
		snprintf(reply.text, sizeof(reply.text), "%.*s", MAPS_SOCKET_TEXT_SIZE - 1,
			 why.text);
		snprintf(reply.hint, sizeof(reply.hint), "%.*s", MAPS_SOCKET_HINT_SIZE - 1,
			 why.hint);
	}
	if (fd >= 0 || refusal_log_take(&c->server->refusals, &c->caller))
		log_line(fd < 0 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
			 "method=MapFd peer_uid=%u peer_pid=%d result=%d map=\"%s\"",
			 c->caller.identity.uid, c->caller.pid, reply.error, rq.ref);
	return fd_send(sock, &reply, sizeof(reply), &fd, fd >= 0 ? 1 : 0);
}

static int on_client(sd_event_source *source, int sock, uint32_t events, void *userdata)
{
	struct maps_client *c = userdata;

	(void)source;
	/* One answer a round, so that a busy client does not starve the others. */
	if (!(events & EPOLLIN) || serve(c, sock) < 0)
		client_free(c);
	return 0;
}

/* Nobody but root may keep the others out. */
static bool has_room(const struct maps_server *server, uid_t uid)
{
	unsigned int n = 0;

	if (server->volume)
		return server->n_clients < CLIENTS_PER_VOLUME;
	for (const struct maps_client *c = server->clients; c; c = c->next)
		n += c->caller.identity.uid == uid;
	return server->n_clients < CLIENTS_MAX && (uid == 0 || n < CLIENTS_PER_USER);
}

static void fill_caller(struct maps_server *server, int fd, struct caller *ret)
{
	struct ucred cred = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t len = sizeof(cred);
	socklen_t groups_len = sizeof(ret->identity.groups);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	ret->identity.uid = cred.uid;
	ret->identity.gid = cred.gid;
	ret->pid = cred.pid;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ret->identity.groups, &groups_len) == 0)
		ret->identity.n_groups = groups_len / sizeof(gid_t);
	ret->rights = auth_rights(server->ctx->settings, &ret->identity);
	if (server->volume)
		auth_caller_pod(server->volume, ret);
}

static int on_accept(sd_event_source *source, int sock, uint32_t events, void *userdata)
{
	struct maps_server *server = userdata;
	struct maps_client *c;
	int fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (fd < 0)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return 0;
	}
	c->server = server;
	fill_caller(server, fd, &c->caller);
	if (!has_room(server, c->caller.identity.uid) ||
	    sd_event_add_io(sd_event_source_get_event(source), &c->source, fd, EPOLLIN, on_client,
			    c) < 0) {
		close(fd);
		free(c);
		return 0;
	}
	sd_event_source_set_io_fd_own(c->source, 1);
	c->next = server->clients;
	server->clients = c;
	server->n_clients++;
	return 0;
}

int maps_server_new_adopt(struct sd_event *event, int fd, struct context *ctx,
			  struct maps_server **ret, struct reason *why)
{
	struct maps_server *server = calloc(1, sizeof(*server));
	int r = server ? sd_event_add_io(event, &server->source, fd, EPOLLIN, on_accept, server)
		       : -ENOMEM;

	if (r < 0) {
		close(fd);
		free(server);
		return fail(why, r, "cannot serve the socket of maps");
	}
	sd_event_source_set_io_fd_own(server->source, 1);
	server->ctx = ctx;
	*ret = server;
	return 0;
}

void maps_server_limit(struct maps_server *server, const struct volume *volume)
{
	server->volume = volume;
}

void maps_server_free(struct maps_server *server)
{
	if (!server)
		return;
	while (server->clients)
		client_free(server->clients);
	sd_event_source_disable_unref(server->source);
	free(server);
}
