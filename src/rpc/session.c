/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a connection's bytes: reading, writing without blocking anybody else, opening, closing. */
#include "rpc/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "rpc/exchange.h"
#include "rpc/peer.h"

/* One flush hands at most this much to send(2) at a time; one event reads at most four inputs. */
#define FLUSH_SIZE (64 * 1024)
#define ROUNDS	   4

/* The receive windows: large requests come without waiting for us (the default is 64 KiB). */
#define WINDOW_SIZE (4 * 1024 * 1024)

static size_t carry_left(const struct rpc_session *session)
{
	return session->carry.len - session->carry_off;
}

static void shut(struct rpc_session *session)
{
	/* The next dispatch sees EPOLLHUP and closes (S1). What was sent stays readable. */
	session->is_shut = true;
	shutdown(session->fd, SHUT_RDWR);
}

static void set_blocked(struct rpc_session *session, bool is_blocked)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};

	if (session->is_blocked == is_blocked)
		return;
	session->is_blocked = is_blocked;
	if (is_blocked)
		event.events |= EPOLLOUT;
	if (epoll_ctl(session->server->epoll_fd, EPOLL_CTL_MOD, session->fd, &event) < 0)
		shut(session);
}

/* The timer runs only while something waits to be sent. */
static void watch_stall(struct rpc_session *session)
{
	struct rpc_server *server = session->server;
	bool is_waiting = carry_left(session) > 0 || session->out_bytes > 0;

	if (!is_waiting) {
		rpc_timer_clear(&server->timers, &session->stall);
		return;
	}
	if (session->stall.slot)
		return;
	session->progress_ns = rpc_now_ns();
	rpc_timer_set(&server->timers, &session->stall,
		      session->progress_ns + server->options.write_timeout_ms * 1000000ull);
}

static void stalled(void *userdata)
{
	struct rpc_session *session = userdata;
	struct rpc_server *server = session->server;
	uint64_t due = session->progress_ns + server->options.write_timeout_ms * 1000000ull;

	if (due > rpc_now_ns()) {
		rpc_timer_set(&server->timers, &session->stall, due);
		return;
	}
	server->stats.connections_broken++;
	rpc_session_close(session);
}

/* Send the carry buffer. Return: 0 (all gone), -EAGAIN, or another -errno. */
static int send_carry(struct rpc_session *session)
{
	ssize_t n;

	while (carry_left(session) > 0) {
		n = send(session->fd, session->carry.data + session->carry_off, carry_left(session),
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EINTR ? -EAGAIN : -errno;
		session->carry_off += (size_t)n;
		if (session->stall.slot)
			session->progress_ns = rpc_now_ns();
	}
	session->carry.len = 0;
	session->carry_off = 0;
	return 0;
}

/* Fill the empty carry buffer with frames. Return: 0 or -errno. */
static int produce(struct rpc_session *session)
{
	const uint8_t *data;
	ssize_t n;

	while (session->carry.len < FLUSH_SIZE) {
		n = nghttp2_session_mem_send(session->h2, &data);
		if (n < 0)
			return n == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPROTO;
		if (n == 0)
			break;
		text_add_bytes(&session->carry, data, (size_t)n);
		if (session->carry.r < 0)
			return session->carry.r;
	}
	return 0;
}

static int write_frames(struct rpc_session *session)
{
	struct text *scratch = &session->server->scratch;
	int r;

	/* An idle connection owns no buffer: the server lends its own, until the socket is full. */
	if (!session->carry.data) {
		session->carry = *scratch;
		*scratch = (struct text){0};
	}
	do {
		r = send_carry(session);
		if (r == 0)
			r = produce(session);
		if (r < 0)
			return r;
	} while (session->carry.len > 0);
	if (!scratch->data && session->carry.cap <= 4 * FLUSH_SIZE) {
		*scratch = session->carry;
		session->carry = (struct text){0};
	}
	text_done(&session->carry);
	return 0;
}

static void finish_shutdown(struct rpc_session *session)
{
	if (!session->is_drained || session->calls || session->is_terminated)
		return;
	session->is_terminated = true;
	nghttp2_session_terminate_session(session->h2, NGHTTP2_NO_ERROR);
}

void rpc_session_flush(struct rpc_session *session)
{
	struct rpc_server *server = session->server;
	int r;

	if (!server || !session->h2 || session->is_busy || session->is_shut)
		return;
	if (!session->is_blocked) {
		session->is_busy = true;
		finish_shutdown(session);
		r = write_frames(session);
		session->is_busy = false;
		if (r == -EAGAIN)
			set_blocked(session, true);
		else if (r < 0 || (!nghttp2_session_want_read(session->h2) &&
				   !nghttp2_session_want_write(session->h2)))
			shut(session);
	}
	watch_stall(session);
	if (!server->is_dispatching)
		rpc_timers_sync(&server->timers);
}

/* Return: 0 (nothing more to read now), 1 (there may be more), or -errno: close. */
static int read_once(struct rpc_session *session)
{
	uint8_t *input = session->server->input;
	ssize_t n, r;

	n = recv(session->fd, input, RPC_INPUT_SIZE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	session->is_busy = true;
	r = nghttp2_session_mem_recv(session->h2, input, (size_t)n);
	session->is_busy = false;
	if (r < 0) {
		session->server->stats.connections_broken++;
		return -EPROTO;
	}
	return n == RPC_INPUT_SIZE;
}

/* Write; give the handlers that waited for room their turn; write what they added. */
static void write_and_drain(struct rpc_session *session)
{
	bool has_run;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		rpc_session_flush(session);
		session->is_busy = true;
		has_run = rpc_call_drain(session);
		session->is_busy = false;
		if (!has_run)
			return;
	}
	/* The others first; level-triggered EPOLLOUT brings us back. */
	if (!session->is_shut)
		set_blocked(session, true);
}

void rpc_session_handle(struct rpc_session *session, unsigned int events)
{
	int i, r = 1;

	if (session->fd < 0)
		return;
	if (session->is_shut) {
		rpc_session_close(session);
		return;
	}
	if (events & EPOLLOUT)
		set_blocked(session, false);
	for (i = 0; i < ROUNDS && r > 0 && (events & ~(unsigned int)EPOLLOUT); i++)
		r = read_once(session);
	if (r < 0) {
		rpc_session_close(session);
		return;
	}
	if (r == 0)
		session->is_drained = session->server->is_closing;
	write_and_drain(session);
}

void rpc_session_say_goodbye(struct rpc_session *session)
{
	int n_bytes = 0;

	if (session->fd < 0)
		return;
	nghttp2_submit_shutdown_notice(session->h2);
	/* No need to ask with a PING for requests under way: what a unix socket was given is here.
	 */
	session->is_drained = ioctl(session->fd, FIONREAD, &n_bytes) == 0 && n_bytes == 0;
	rpc_session_flush(session);
}

static struct rpc_user *find_user(struct rpc_server *server, uid_t uid)
{
	struct rpc_user *user = server->users;

	while (user && user->uid != uid)
		user = user->next;
	if (user)
		return user;
	user = calloc(1, sizeof(*user));
	if (!user)
		return NULL;
	user->uid = uid;
	user->next = server->users;
	server->users = user;
	return user;
}

static void leave_user(struct rpc_session *session)
{
	struct rpc_user **p = &session->server->users, *user = session->user;

	session->user = NULL;
	if (!user || --user->n_sessions > 0)
		return;
	while (*p != user)
		p = &(*p)->next;
	*p = user->next;
	free(user);
}

static int submit_settings(struct rpc_session *session)
{
	const struct rpc_server_options *o = &session->server->options;
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, o->streams_max},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_SIZE},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, o->header_max},
	};

	if (nghttp2_submit_settings(session->h2, NGHTTP2_FLAG_NONE, settings,
				    array_size(settings)) < 0 ||
	    nghttp2_session_set_local_window_size(session->h2, NGHTTP2_FLAG_NONE, 0, WINDOW_SIZE) <
		    0)
		return -ENOMEM;
	return 0;
}

static int set_up(struct rpc_session *session)
{
	struct rpc_server *server = session->server;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};
	int r;

	r = rpc_peer_read(session->fd, &session->peer);
	if (r < 0)
		return r;
	session->user = find_user(server, session->peer.uid);
	if (!session->user)
		return -ENOMEM;
	session->user->n_sessions++;
	if (session->peer.uid != 0 &&
	    session->user->n_sessions > server->options.connections_per_uid)
		return -EUSERS;
	if (nghttp2_session_server_new2(&session->h2, server->callbacks, session, server->option) <
	    0)
		return -ENOMEM;
	r = submit_settings(session);
	if (r < 0)
		return r;
	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, session->fd, &event) < 0 ? -errno : 0;
}

int rpc_session_open_adopt(const struct rpc_listener *listener, int fd)
{
	struct rpc_server *server = listener->server;
	struct rpc_session *session = calloc(1, sizeof(*session));
	int r;

	if (!session) {
		close(fd);
		return -ENOMEM;
	}
	session->source = RPC_SOURCE_SESSION;
	session->fd = fd;
	session->server = server;
	session->listener = listener;
	session->peer.pidfd = -1;
	session->stall.fire = stalled;
	session->stall.userdata = session;
	session->next = server->sessions;
	session->link = &server->sessions;
	if (session->next)
		session->next->link = &session->next;
	server->sessions = session;
	server->stats.connections_open++;
	r = server->stats.connections_open > server->options.connections_max ? -EUSERS
									     : set_up(session);
	if (r < 0)
		rpc_session_close(session);
	else
		rpc_session_flush(session);
	return r;
}

void rpc_session_close(struct rpc_session *session)
{
	struct rpc_server *server = session->server;

	if (session->fd < 0)
		return;
	rpc_timer_clear(&server->timers, &session->stall);
	nghttp2_session_del(session->h2);
	session->h2 = NULL;
	fd_close(&session->fd);
	server->stats.connections_open--;
	while (session->calls)
		rpc_call_lose(session->calls);
}

void rpc_session_reap(struct rpc_session *session)
{
	if (session->fd >= 0 || session->refs > 0)
		return;
	if (session->server && session->server->is_dispatching)
		return;
	*session->link = session->next;
	if (session->next)
		session->next->link = session->link;
	if (session->server)
		leave_user(session);
	rpc_peer_done(&session->peer);
	text_done(&session->carry);
	free(session);
}
