/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the epoll descriptor, the listening sockets, shutdown and the counters. */
#include "rpc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "rpc/exchange.h"
#include "rpc/standard/health.h"

#define EVENTS_MAX 64

/* How long accept(2) rests when there was no descriptor or memory: the listening socket stays
 * readable, and would keep the loop spinning. */
#define ACCEPT_REST_NS (100 * 1000000ull)

static void set_options(struct rpc_server_options *o, const struct rpc_server_options *given)
{
	if (given)
		*o = *given;
	o->message_max = o->message_max ? o->message_max : 4 << 20;
	o->held_max = o->held_max ? o->held_max : 128 << 20;
	o->held_per_connection = o->held_per_connection ? o->held_per_connection : 16 << 20;
	o->header_max = o->header_max ? o->header_max : 16 << 10;
	o->streams_max = o->streams_max ? o->streams_max : 256;
	o->connections_max = o->connections_max ? o->connections_max : 1024;
	o->connections_per_uid = o->connections_per_uid ? o->connections_per_uid : 64;
	o->calls_per_uid = o->calls_per_uid ? o->calls_per_uid : 1024;
	o->write_timeout_ms = o->write_timeout_ms ? o->write_timeout_ms : 60 * 1000;
}

static int set_up_nghttp2(struct rpc_server *server)
{
	if (nghttp2_session_callbacks_new(&server->callbacks) < 0 ||
	    nghttp2_option_new(&server->option) < 0)
		return -ENOMEM;
	rpc_intake_register(server->callbacks);
	/* Clients on unix sockets send ":authority" as a raw path (kubelet, grpc-java) or empty
	 * (old grpc-go); nghttp2 would reset those streams. intake.c checks what matters. */
	nghttp2_option_set_no_http_messaging(server->option, 1);
	nghttp2_option_set_no_closed_streams(server->option, 1);
	/* Room for a verifier log in the trailers of a client that takes it (result.h). */
	nghttp2_option_set_max_send_header_block_length(server->option, 256 * 1024);
#ifdef HAVE_NGHTTP2_RESET_RATE
	/* CVE-2023-44487: 1000 resets at once, then 100 a second. */
	nghttp2_option_set_stream_reset_rate_limit(server->option, 1000, 100);
#endif
#ifdef HAVE_NGHTTP2_CONTINUATIONS
	nghttp2_option_set_max_continuations(server->option, 8);
#endif
	return 0;
}

static void end_grace(void *userdata)
{
	struct rpc_server *server = userdata;
	struct rpc_session *session;
	struct rpc_call *call;

	for (session = server->sessions; session; session = session->next) {
		/* Busy: nothing is flushed, so no stream closes and the list stays as it is. */
		session->is_busy = true;
		for (call = session->calls; call; call = call->next)
			rpc_call_abort(call, -ECANCELED);
		session->is_busy = false;
		rpc_session_flush(session);
		rpc_session_close(session);
	}
}

static int set_up(struct rpc_server *server)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = server};
	int r;

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll_fd < 0)
		return -errno;
	r = rpc_timers_init(&server->timers);
	if (r < 0)
		return r;
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->timers.fd, &event) < 0)
		return -errno;
	server->health = rpc_health_new();
	server->input = malloc(RPC_INPUT_SIZE);
	if (!server->health || !server->input)
		return -ENOMEM;
	return set_up_nghttp2(server);
}

int rpc_server_new(const struct rpc_server_options *options, struct rpc_server **ret,
		   struct reason *why)
{
	struct rpc_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return fail(why, -ENOMEM, "no memory for the rpc server");
	server->timer_source = RPC_SOURCE_TIMER;
	server->epoll_fd = -1;
	server->timers.fd = -1;
	server->grace.fire = end_grace;
	server->grace.userdata = server;
	set_options(&server->options, options);
	r = set_up(server);
	if (r < 0) {
		rpc_server_free(server);
		return fail(why, r, "cannot set up the rpc server: error %d", -r);
	}
	*ret = server;
	return 0;
}

static void reap(struct rpc_server *server)
{
	struct rpc_session *session, *next;

	for (session = server->sessions; session; session = next) {
		next = session->next;
		rpc_session_reap(session);
	}
}

static void close_listeners(struct rpc_server *server)
{
	struct rpc_listener *l;

	for (l = server->listeners; l; l = l->next) {
		rpc_timer_clear(&server->timers, &l->retry);
		fd_close(&l->fd);
	}
}

static void free_users(struct rpc_server *server)
{
	struct rpc_user *user;

	while (server->users) {
		user = server->users;
		server->users = user->next;
		free(user);
	}
}

/* Those left belong to calls whose handlers have not finished: they live on without us. */
static void orphan_sessions(struct rpc_server *server)
{
	struct rpc_session *session;

	while (server->sessions) {
		session = server->sessions;
		server->sessions = session->next;
		session->server = NULL;
		session->user = NULL;
		session->next = NULL;
		session->link = &session->next;
	}
}

void rpc_server_free(struct rpc_server *server)
{
	struct rpc_session *session;
	struct rpc_listener *l;

	if (!server)
		return;
	server->is_dispatching = true;
	for (session = server->sessions; session; session = session->next)
		rpc_session_close(session);
	server->is_dispatching = false;
	reap(server);
	orphan_sessions(server);
	free_users(server);
	close_listeners(server);
	while (server->listeners) {
		l = server->listeners;
		server->listeners = l->next;
		free(l);
	}
	rpc_timers_done(&server->timers);
	fd_close(&server->epoll_fd);
	rpc_health_free(server->health);
	nghttp2_session_callbacks_del(server->callbacks);
	nghttp2_option_del(server->option);
	text_done(&server->scratch);
	free(server->input);
	free(server);
}

static int watch_listener(struct rpc_listener *l, int operation, unsigned int events)
{
	struct epoll_event event = {.events = events, .data.ptr = l};

	return epoll_ctl(l->server->epoll_fd, operation, l->fd, &event) < 0 ? -errno : 0;
}

static void accept_again(void *userdata)
{
	watch_listener(userdata, EPOLL_CTL_MOD, EPOLLIN);
}

int rpc_server_listen_adopt(struct rpc_server *server, int fd, const struct rpc_service *service,
			    struct reason *why)
{
	_close_ int owned = fd;
	_free_ struct rpc_listener *l = calloc(1, sizeof(*l));
	int flags = fcntl(fd, F_GETFL), is_listening = 0, r;
	socklen_t len = sizeof(is_listening);

	if (!l)
		return fail(why, -ENOMEM, "no memory to listen");
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) < 0 || !is_listening)
		return fail(why, -ENOTSOCK, "descriptor %d is not a listening socket", fd);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return fail(why, -errno, "cannot make descriptor %d non-blocking", fd);
	l->source = RPC_SOURCE_LISTENER;
	l->server = server;
	l->fd = fd;
	l->service = *service;
	l->retry.fire = accept_again;
	l->retry.userdata = l;
	r = watch_listener(l, EPOLL_CTL_ADD, EPOLLIN);
	if (r < 0)
		return fail(why, r, "cannot poll descriptor %d", fd);
	l->next = server->listeners;
	server->listeners = take_ptr(l);
	take_fd(&owned);
	return 0;
}

int rpc_server_fd(const struct rpc_server *server)
{
	return server->epoll_fd;
}

static void accept_some(struct rpc_listener *l)
{
	struct rpc_server *server = l->server;
	int i, fd;

	for (i = 0; i < EVENTS_MAX && l->fd >= 0; i++) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
			return;
		if (fd < 0) {
			if (rpc_timer_set(&server->timers, &l->retry,
					  rpc_now_ns() + ACCEPT_REST_NS) == 0)
				watch_listener(l, EPOLL_CTL_MOD, 0);
			return;
		}
		server->stats.connections_total++;
		if (rpc_session_open_adopt(l, fd) < 0)
			server->stats.connections_refused++;
	}
}

static void finish_shutdown(struct rpc_server *server)
{
	void (*on_done)(void *userdata) = server->on_done;

	if (!server->is_closing || server->stats.connections_open > 0)
		return;
	rpc_timer_clear(&server->timers, &server->grace);
	server->on_done = NULL;
	if (on_done)
		on_done(server->done_userdata);
}

int rpc_server_dispatch(struct rpc_server *server)
{
	struct epoll_event events[EVENTS_MAX];
	int i, n;

	n = epoll_wait(server->epoll_fd, events, EVENTS_MAX, 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	server->is_dispatching = true;
	for (i = 0; i < n; i++) {
		switch (*(enum rpc_source *)events[i].data.ptr) {
		case RPC_SOURCE_LISTENER:
			accept_some(events[i].data.ptr);
			break;
		case RPC_SOURCE_SESSION:
			rpc_session_handle(events[i].data.ptr, events[i].events);
			break;
		case RPC_SOURCE_TIMER:
			rpc_timers_run(&server->timers);
			break;
		}
	}
	server->is_dispatching = false;
	reap(server);
	rpc_timers_sync(&server->timers);
	finish_shutdown(server);
	return n;
}

void rpc_server_shutdown(struct rpc_server *server, unsigned int grace_ms,
			 void (*on_done)(void *userdata), void *userdata)
{
	struct rpc_session *session;

	if (server->is_closing)
		return;
	server->is_closing = true;
	server->on_done = on_done;
	server->done_userdata = userdata;
	close_listeners(server);
	rpc_health_end_watches(server->health);
	for (session = server->sessions; session; session = session->next)
		rpc_session_say_goodbye(session);
	rpc_timer_set(&server->timers, &server->grace, rpc_now_ns() + grace_ms * 1000000ull);
	if (server->is_dispatching)
		return;
	rpc_timers_sync(&server->timers);
	finish_shutdown(server);
}

void rpc_server_stats(const struct rpc_server *server, struct rpc_server_stats *ret)
{
	*ret = server->stats;
}

int rpc_server_set_health(struct rpc_server *server, const char *service, bool is_serving)
{
	return rpc_health_set(server->health, service, is_serving);
}
