/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC client on a unix socket: blocking with poll(2), several calls at a time over one
 * connection. One thread at a time per client; no signals are raised, nothing is logged. */
#pragma once

#include <stddef.h>

#include "rpc/status.h"

struct reason;
struct rpc_client;
struct rpc_stream;

/* A response message above this is -EMSGSIZE. */
#define RPC_RESPONSE_MAX (16 * 1024 * 1024)

/**
 * struct rpc_request - what to call.
 * @path:       "/package.Service/Method".
 * @data:       the message's bytes; borrowed for the call.
 * @timeout_ms: deadline of the whole call, sent to the server as well; < 0: none.
 */
struct rpc_request {
	const char *path;
	const void *data;
	size_t len;
	int timeout_ms;
};

/**
 * struct rpc_reply - one message.
 * @data: heap, never NULL on success (also when empty); the caller frees it.
 */
struct rpc_reply {
	void *data;
	size_t len;
};

/**
 * rpc_client_open() - connect to the socket at @path; a leading '@' is the abstract namespace.
 *
 * Return: 0, -ENOENT (no socket), -ECONNREFUSED (nobody listens), -EACCES, -ENAMETOOLONG, -ENOMEM.
 */
int rpc_client_open(const char *path, struct rpc_client **ret, struct reason *why);

/* The same over a connected stream socket; @fd is taken over, also on failure. */
int rpc_client_open_adopt(int fd, struct rpc_client **ret, struct reason *why);

/* Close the connection; streams must be ended before. Accepts NULL. */
void rpc_client_close(struct rpc_client *client);

/* The socket, to poll for reading before rpc_client_read(stream, 0, ...). Borrowed. */
int rpc_client_fd(const struct rpc_client *client);

/**
 * rpc_client_call() - one request, one reply.
 * @ret: untouched on failure.
 * @why: on failure what the server said: exact errno, text, hint, detail.
 *
 * Return: 0; the server's errno ("bpfd-errno", else by rpc_code_to_errno()); -ETIMEDOUT (deadline),
 * -EPIPE (connection gone; open a new one), -EPROTO (not gRPC), -EMSGSIZE, -ENOMEM.
 */
int rpc_client_call(struct rpc_client *client, const struct rpc_request *request,
		    struct rpc_reply *ret, struct reason *why);

/* The grpc-status of the last call or stream that ended on this client, for tests and the log. */
enum rpc_code rpc_client_code(const struct rpc_client *client);

/* Begin a call with any number of replies. End it with rpc_client_cancel(). Return: 0, -EPIPE,
 * -ENOMEM. */
int rpc_client_start(struct rpc_client *client, const struct rpc_request *request,
		     struct rpc_stream **ret, struct reason *why);

/**
 * rpc_client_read() - the next message of a stream.
 * @wait_ms: < 0 waits without bound (the deadline of the stream still holds), 0 does not wait.
 *
 * What is not read stays at the server (flow control): a slow reader costs bounded memory.
 *
 * Return: 1 (@ret is set), 0 (ended, RPC_OK), -EAGAIN (nothing within @wait_ms; @why untouched), or
 * as rpc_client_call(). After 0 or an error other than -EAGAIN each further read says the same.
 */
int rpc_client_read(struct rpc_stream *stream, int wait_ms, struct rpc_reply *ret,
		    struct reason *why);

/* End a stream: tell the server when it still runs, and free it. Accepts NULL. */
void rpc_client_cancel(struct rpc_stream *stream);

static inline void rpc_client_close_p(struct rpc_client **client)
{
	rpc_client_close(*client);
}

static inline void rpc_client_cancel_p(struct rpc_stream **stream)
{
	rpc_client_cancel(*stream);
}

#define _rpc_client_ _cleanup_(rpc_client_close_p)
#define _rpc_stream_ _cleanup_(rpc_client_cancel_p)
