/* SPDX-License-Identifier: Apache-2.0 */
/* The connection: where the daemon is, the last error, one call. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "base/reason.h"
#include "lib/reply.h"
#include <bpfd/bpfd.h>

struct rpc_client;

/**
 * struct bpfd_conn
 * @client: NULL until the first call, and after an error that ended the connection.
 * @why:    the last error.
 */
#define CONN_LOGINS_MAX 16

struct bpfd_conn {
	char *socket;
	char *maps_socket;
	int timeout_ms;
	struct rpc_client *client;
	struct reason why;
	struct conn_login {
		char *registry;
		char *username;
		char *password;
	} logins[CONN_LOGINS_MAX];
	size_t n_logins;
};

/* The logins as messages in @arena. Return: 0 or -ENOMEM. */
int conn_logins(struct bpfd_conn *conn, struct wire_arena *arena, size_t *ret_n,
		Bpfd__V1__Login ***ret);

/* Overwrite and free them. */
void conn_logins_done(struct bpfd_conn *conn);

/* Forget the last error, or -EINVAL when @conn or @ret (where the answer goes) is NULL. Every
 * public function begins with it. */
int conn_begin(struct bpfd_conn *conn, const void *ret);

/* A fresh connection to the API socket. Return: 0, -ECONNREFUSED (nobody there), -EACCES, … */
int conn_open_client(struct bpfd_conn *conn, struct rpc_client **ret);

/* The shared connection, made anew when the daemon closed it. Borrowed. */
int conn_client(struct bpfd_conn *conn, struct rpc_client **ret);

/* After a failed call: drop the shared connection when @r says that it cannot be used again. */
void conn_drop(struct bpfd_conn *conn, int r);

/**
 * struct conn_call - one unary call.
 * @method:  "Load".
 * @reply:   type of the answer.
 */
struct conn_call {
	const char *method;
	const ProtobufCMessage *request;
	const ProtobufCMessageDescriptor *reply;
};

/* Return: 0 and *ret (free with reply_free()), or what the daemon said. */
int conn_run(struct bpfd_conn *conn, const struct conn_call *call, struct reply **ret);

/* A method that takes a ListRequest. */
struct conn_list {
	const char *method;
	const ProtobufCMessageDescriptor *reply;
};

/* Begin, ask with @opts (may be NULL), and answer as conn_run(). */
int conn_list(struct bpfd_conn *conn, const struct conn_list *list,
	      const struct bpfd_list_opts *opts, struct reply **ret);

/* "/bpfd.v1.Bpfd/<method>" into @ret. */
#define CONN_PATH_SIZE 64
void conn_path(const char *method, char ret[static CONN_PATH_SIZE]);
