/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the connection and its last error; knows no method. */
#include "lib/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lib/args.h"
#include "rpc/client.h"
#include "wire/check.h"
#include "wire/maps_socket.h"

#define SOCKET_DEFAULT	"/run/bpfd/bpfd.sock"
#define TIMEOUT_DEFAULT 120000

/* The maps socket lies beside the other one. */
static char *maps_socket_beside(const char *socket)
{
	const char *slash = strrchr(socket, '/');
	_text_ struct text t = {0};

	if (slash)
		text_add_bytes(&t, socket, (size_t)(slash - socket) + 1);
	text_add(&t, "%s", MAPS_SOCKET_NAME);
	return text_take(&t);
}

static const char *choose(const char *given, const char *variable, const char *otherwise)
{
	const char *value = given ? given : secure_getenv(variable);

	return value && *value ? value : otherwise;
}

int bpfd_open(const struct bpfd_open_opts *opts, struct bpfd_conn **ret)
{
	struct bpfd_open_opts o;
	struct bpfd_conn *conn;
	const char *maps;
	int r = args_take(opts, &o, sizeof(o), NULL);

	if (r < 0 || !ret)
		return r < 0 ? r : -EINVAL;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return -ENOMEM;
	conn->timeout_ms = o.timeout_ms ? o.timeout_ms : TIMEOUT_DEFAULT;
	conn->socket = strdup(choose(o.socket, "BPFD_SOCKET", SOCKET_DEFAULT));
	maps = choose(o.maps_socket, "BPFD_MAPS_SOCKET", NULL);
	if (conn->socket)
		conn->maps_socket = maps ? strdup(maps) : maps_socket_beside(conn->socket);
	if (!conn->maps_socket) {
		bpfd_close(conn);
		return -ENOMEM;
	}
	*ret = conn;
	return 0;
}

void bpfd_close(struct bpfd_conn *conn)
{
	if (!conn)
		return;
	rpc_client_close(conn->client);
	reason_done(&conn->why);
	conn_logins_done(conn);
	free(conn->socket);
	free(conn->maps_socket);
	free(conn);
}

const char *bpfd_error_text(const struct bpfd_conn *conn)
{
	return conn ? conn->why.text : "";
}

const char *bpfd_error_hint(const struct bpfd_conn *conn)
{
	return conn ? conn->why.hint : "";
}

const char *bpfd_error_detail(const struct bpfd_conn *conn)
{
	return conn && conn->why.detail ? conn->why.detail : "";
}

int conn_begin(struct bpfd_conn *conn, const void *ret)
{
	if (!conn)
		return -EINVAL;
	reason_done(&conn->why);
	return ret ? 0 : fail(&conn->why, -EINVAL, "no place for the answer");
}

void conn_path(const char *method, char ret[static CONN_PATH_SIZE])
{
	snprintf(ret, CONN_PATH_SIZE, "/bpfd.v1.Bpfd/%s", method);
}

int conn_open_client(struct bpfd_conn *conn, struct rpc_client **ret)
{
	int r = rpc_client_open(conn->socket, ret, NULL);

	/* -ENOENT is left to what the daemon does not find. */
	if (r == -ENOENT || r == -ECONNREFUSED) {
		reason_hint(&conn->why, "start it (systemctl start bpfd), or name its socket "
					"with $BPFD_SOCKET");
		return fail(&conn->why, -ECONNREFUSED, "no bpfd at %s: %s", conn->socket,
			    strerror(-r));
	}
	if (r == -EACCES)
		reason_hint(&conn->why,
			    "become a member of the group that owns the socket, or root");
	if (r < 0)
		return fail(&conn->why, r, "cannot connect to %s: %s", conn->socket, strerror(-r));
	return 0;
}

static bool is_closed(const struct rpc_client *client)
{
	struct pollfd p = {.fd = rpc_client_fd(client), .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

int conn_client(struct bpfd_conn *conn, struct rpc_client **ret)
{
	int r = 0;

	if (conn->client && is_closed(conn->client))
		conn_drop(conn, -EPIPE);
	if (!conn->client)
		r = conn_open_client(conn, &conn->client);
	if (r == 0)
		*ret = conn->client;
	return r;
}

void conn_drop(struct bpfd_conn *conn, int r)
{
	if (r != -EPIPE && r != -EPROTO)
		return;
	rpc_client_close(conn->client);
	conn->client = NULL;
}

int conn_run(struct bpfd_conn *conn, const struct conn_call *call, struct reply **ret)
{
	char path[CONN_PATH_SIZE];
	struct rpc_request request = {.path = path, .timeout_ms = conn->timeout_ms};
	struct rpc_reply reply = {0};
	struct rpc_client *client;
	_free_ void *data = NULL;
	int r = conn_client(conn, &client);

	if (r < 0)
		return r;
	r = wire_pack(call->request, &data, &request.len);
	if (r < 0)
		return fail(&conn->why, r, "out of memory");
	request.data = data;
	conn_path(call->method, path);
	r = rpc_client_call(client, &request, &reply, &conn->why);
	if (r < 0) {
		conn_drop(conn, r);
		return fail(&conn->why, r, "%s: %s", call->method, strerror(-r));
	}
	r = reply_new(call->reply, reply.data, reply.len, ret);
	free(reply.data);
	return r < 0 ? fail(&conn->why, r, "%s: the daemon's answer cannot be read", call->method)
		     : 0;
}

int conn_list(struct bpfd_conn *conn, const struct conn_list *list,
	      const struct bpfd_list_opts *opts, struct reply **ret)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__ListRequest request;
	struct conn_call call = {list->method, &request.base, list->reply};
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = args_list(&(struct args){&arena, &conn->why}, opts, &request);
	return r < 0 ? r : conn_run(conn, &call, ret);
}
