/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC server on unix sockets: one thread, one epoll descriptor that a foreign loop polls. Knows
 * bytes and paths, no message. Handlers use rpc/call.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/call.h"

struct reason;
struct rpc_reflection;
struct rpc_server;

/**
 * struct rpc_method - one row of a service's table.
 * @path:   "/package.Service/Method".
 * @handle: called with the complete request; answers now or later (see C1 in call.h).
 * @data:   the caller's, e.g. the row of its own table; see rpc_call_method().
 * @has_client_stream: called with the headers; messages come by rpc_call_on_message().
 */
struct rpc_method {
	const char *path;
	rpc_call_fn *handle;
	const void *data;
	bool has_client_stream;
};

/**
 * struct rpc_service - what one listening socket offers.
 * @methods:    borrowed as long as the server lives. grpc.health.v1.Health is always there as well.
 * @userdata:   second argument of each handler.
 * @reflection: served as grpc.reflection.v1; borrowed likewise; NULL: none (standard/reflection.h).
 */
struct rpc_service {
	const struct rpc_method *methods;
	size_t n_methods;
	void *userdata;
	const struct rpc_reflection *reflection;
};

/* Bounds; 0 takes the default in parentheses. */
struct rpc_server_options {
	size_t message_max;	      /* bytes of one message in or out (4 MiB) */
	size_t held_max;	      /* bytes queued in and out over all connections (128 MiB) */
	size_t held_per_connection;   /* the same for one connection (16 MiB) */
	unsigned int header_max;      /* bytes of a header list (16 KiB) */
	unsigned int streams_max;     /* running calls of one connection (256) */
	unsigned int connections_max; /* (1024) */
	unsigned int connections_per_uid; /* uid 0 is bound by connections_max only (64) */
	unsigned int calls_per_uid;	  /* running calls; not for uid 0 (1024) */
	unsigned int write_timeout_ms;	  /* close a peer that takes nothing that long (60 s) */
};

struct rpc_server_stats {
	uint64_t connections_total;
	uint64_t connections_refused; /* over a limit */
	uint64_t connections_broken;  /* protocol errors, write timeouts */
	uint64_t connections_open;
	uint64_t calls_running; /* owned by handlers */
	uint64_t calls_by_code[_RPC_CODE_MAX];
	uint64_t held_bytes;
};

/* @options may be NULL. Return: 0, -ENOMEM, -errno of epoll_create1(2), timerfd_create(2). */
int rpc_server_new(const struct rpc_server_options *options, struct rpc_server **ret,
		   struct reason *why);

/* Close everything; running calls are cancelled (on_cancel runs), and the handlers' pointers stay
 * valid until they finish them. Accepts NULL. Not from inside a handler. */
void rpc_server_free(struct rpc_server *server);

/**
 * rpc_server_listen_adopt() - serve @service on a listening unix stream socket.
 * @fd:      taken over, also on failure; made non-blocking. Backlog: 4096 (with 128 clients lose
 *           connects).
 * @service: copied; its table is borrowed.
 *
 * Return: 0, -ENOTSOCK, -ENOMEM, -errno of fcntl(2), epoll_ctl(2).
 */
int rpc_server_listen_adopt(struct rpc_server *server, int fd, const struct rpc_service *service,
			    struct reason *why);

/* The epoll descriptor: poll it for reading, then dispatch. Borrowed. */
int rpc_server_fd(const struct rpc_server *server);

/* Handle at most 64 events; never blocks. Return: number handled, or -errno of epoll_wait(2). */
int rpc_server_dispatch(struct rpc_server *server);

/**
 * rpc_server_shutdown() - stop listening, tell the clients (GOAWAY), let running calls end.
 * @grace_ms: after that time running calls are cancelled and connections closed.
 * @on_done:  runs in rpc_server_dispatch() or at once, when no connection is left; may be NULL.
 */
void rpc_server_shutdown(struct rpc_server *server, unsigned int grace_ms,
			 void (*on_done)(void *userdata), void *userdata);

void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *ret);

/* grpc.health.v1: what Check and Watch answer for @service ("" is the whole server, serving from
 * the start). Return: 0 or -ENOMEM. */
int rpc_server_set_health(struct rpc_server *server, const char *service, bool is_serving);

#define _rpc_server_ _cleanup_(rpc_server_free_p)
static inline void rpc_server_free_p(struct rpc_server **server)
{
	rpc_server_free(*server);
}
