/* SPDX-License-Identifier: Apache-2.0 */
/* What the server's files share: the server itself, its sockets, and what each uid holds. */
#pragma once

#include <nghttp2/nghttp2.h>

#include "base/text.h"
#include "rpc/server.h"
#include "rpc/timer.h"

struct rpc_health;
struct rpc_session;

/* First member of what an epoll event points to. */
enum rpc_source { RPC_SOURCE_LISTENER, RPC_SOURCE_SESSION, RPC_SOURCE_TIMER };

/* What one uid holds, over all its connections; freed with its last one. */
struct rpc_user {
	uid_t uid;
	unsigned int n_sessions;
	unsigned int n_calls;
	size_t held;
	struct rpc_user *next;
};

/* @retry: runs while accept(2) had no descriptor to give. */
struct rpc_listener {
	enum rpc_source source;
	int fd;
	struct rpc_server *server;
	struct rpc_service service;
	struct rpc_timer retry;
	struct rpc_listener *next;
};

/**
 * struct rpc_server
 * @sessions: also closed ones that a call still refers to.
 * @scratch:  memory for the frames of one flush, lent to the session that flushes.
 * @input:    RPC_INPUT_SIZE bytes for recv(2).
 */
struct rpc_server {
	enum rpc_source timer_source;
	int epoll_fd;
	struct rpc_server_options options;
	struct rpc_server_stats stats;
	struct rpc_timers timers;
	struct rpc_listener *listeners;
	struct rpc_session *sessions;
	struct rpc_user *users;
	struct rpc_health *health;
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	struct text scratch;
	uint8_t *input;
	uint64_t last_call_id;
	bool is_dispatching;
	bool is_closing;
	struct rpc_timer grace;
	void (*on_done)(void *userdata);
	void *done_userdata;
};

#define RPC_INPUT_SIZE (64 * 1024)
