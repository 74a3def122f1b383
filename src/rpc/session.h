/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of the server: its socket, its nghttp2 session, its carry buffer. */
#pragma once

#include "rpc/message.h"
#include "rpc/state.h"

/* S1: closed (fd -1, h2 NULL) only from rpc_server_dispatch() and rpc_server_free(); elsewhere an
 *     error only shuts the socket down, so that the next dispatch closes.
 * S2: freed when it is closed, nothing is being dispatched and no call refers to it.
 * S3: while the socket is full nothing new is produced: a client that does not read costs its carry
 *     buffer and its calls' queues, and nobody else waits for it.
 * @server:    NULL after rpc_server_free().
 * @refs:      calls that refer to it.
 * @carry:     what the socket did not take yet, from @carry_off on.
 * @out_bytes: queued in its calls, to be sent.
 * @held:      bytes of its calls, in and out.
 * @is_busy:   inside nghttp2 or a handler: its caller flushes.
 */
struct rpc_session {
	enum rpc_source source;
	int fd;
	unsigned int refs;
	struct rpc_server *server;
	const struct rpc_listener *listener;
	struct rpc_user *user;
	struct rpc_peer peer;
	nghttp2_session *h2;
	struct text carry;
	size_t carry_off;
	size_t out_bytes;
	size_t held;
	struct rpc_timer stall;
	uint64_t progress_ns;
	bool is_busy;
	bool is_blocked;    /* the socket is full; EPOLLOUT will come */
	bool is_shut;	    /* only waits to be closed */
	bool is_drained;    /* shutting down, and all that came is read */
	bool is_terminated; /* the last GOAWAY is submitted */
	unsigned int n_wanting;
	struct rpc_call *calls; /* those with an open stream */
	struct rpc_session *next;
	struct rpc_session **link;
};

/* Take over a freshly accepted descriptor. Return: 0, -EUSERS (a limit), -ENOMEM, -errno. */
int rpc_session_open_adopt(const struct rpc_listener *listener, int fd);

/* Read, handle, write; may close it. Only from dispatch. */
void rpc_session_handle(struct rpc_session *session, unsigned int events);

/* Write what is queued unless somebody up the stack will. */
void rpc_session_flush(struct rpc_session *session);

/* Tell the client to go, once its calls have ended. */
void rpc_session_say_goodbye(struct rpc_session *session);

/* Close and cancel its calls (S1). */
void rpc_session_close(struct rpc_session *session);

/* Free it if S2 allows. */
void rpc_session_reap(struct rpc_session *session);

/* The nghttp2 callbacks that turn frames into calls (intake.c). */
void rpc_intake_register(nghttp2_session_callbacks *callbacks);
