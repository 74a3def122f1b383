/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the daemons of libmicrohttpd, the socket they accept from, and how long connections live. */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/listen.h"
#include "base/reason.h"
#include "http/inside.h"

#define BACKLOG 128

/* The daemon may have more to do than its descriptor tells (bytes that TLS holds). */
#define ROUNDS 16

/* Everything this library calls safe, but nothing before TLS 1.2. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

uint64_t http_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void open_connection(struct http_server *server, struct MHD_Connection *connection,
			    void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http_connection *c = info ? calloc(1, sizeof(*c)) : NULL;

	*context = c;
	if (!c) {
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	c->fd = info->connect_fd;
	c->since_ms = http_now_ms();
	c->next = server->connections;
	c->link = &server->connections;
	if (c->next)
		c->next->link = &c->next;
	server->connections = c;
	server->n_connections++;
}

static void notify_connection(void *userdata, struct MHD_Connection *connection, void **context,
			      enum MHD_ConnectionNotificationCode code)
{
	struct http_connection *c = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		open_connection(userdata, connection, context);
		return;
	}
	if (!c)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	((struct http_server *)userdata)->n_connections--;
	free(c);
	*context = NULL;
}

/* @listen_fd is taken over. */
static struct MHD_Daemon *start_daemon(struct http_server *server, int listen_fd, const char *chain,
				       const char *key)
{
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)chain},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned int flags = MHD_USE_EPOLL | (chain ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, http_request_go_on, server,
				MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
				server->options.connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)HTTP_HEADER_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				MHD_OPTION_NOTIFY_COMPLETED, http_request_end, server,
				MHD_OPTION_NOTIFY_CONNECTION, notify_connection, server,
				MHD_OPTION_ARRAY, chain ? tls : none, MHD_OPTION_END);
}

static int daemon_fd(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

static int watch(const struct http_server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void stop_old(struct http_server *server)
{
	if (server->old)
		MHD_stop_daemon(server->old);
	server->old = NULL;
}

static void retire(struct http_server *server)
{
	int fd;

	if (!server->daemon)
		return;
	stop_old(server);
	fd = MHD_quiesce_daemon(server->daemon);
	fd_close(&fd);
	server->old = server->daemon;
	server->old_ms = http_now_ms();
}

static void arm(const struct http_server *server, uint64_t now, uint64_t at_ms)
{
	uint64_t ms = at_ms > now ? at_ms - now : 0;
	struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(ms / 1000),
					       .tv_nsec = (long)(ms % 1000) * 1000000}};

	if (at_ms != UINT64_MAX && ms == 0)
		spec.it_value.tv_nsec = 1;
	if (at_ms == UINT64_MAX)
		spec.it_value = (struct timespec){0};
	timerfd_settime(server->timer_fd, 0, &spec, NULL);
}

static uint64_t soonest(struct MHD_Daemon *daemon, uint64_t now, uint64_t at_ms)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (!daemon || MHD_get_timeout(daemon, &ms) != MHD_YES || now + ms > at_ms)
		return at_ms;
	return now + ms;
}

static void set_timer(struct http_server *server, bool is_at_once)
{
	uint64_t now = http_now_ms(), at_ms = is_at_once ? now : UINT64_MAX, due;
	struct http_connection *c;

	for (c = server->connections; c; c = c->next) {
		due = c->since_ms + server->options.request_ms;
		/* One that was shut down is gone with the daemon's next turn. */
		if (due > now && due < at_ms)
			at_ms = due;
	}
	if (server->old && server->old_ms + server->options.request_ms < at_ms)
		at_ms = server->old_ms + server->options.request_ms;
	at_ms = soonest(server->daemon, now, at_ms);
	at_ms = soonest(server->old, now, at_ms);
	arm(server, now, at_ms);
}

static int start(struct http_server *server, const char *chain, const char *key, struct reason *why)
{
	int fd = fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 3), r;
	struct MHD_Daemon *daemon;

	if (fd < 0)
		return fail(why, -errno, "cannot duplicate the listening socket");
	if (listen(fd, BACKLOG) < 0) {
		r = -errno;
		close(fd);
		return fail(why, r, "cannot listen on the socket of the HTTP server");
	}
	daemon = start_daemon(server, fd, chain, key);
	if (!daemon) {
		/* Some of its ways to fail close the socket, some do not. */
		if (fcntl(fd, F_GETFD) >= 0)
			close(fd);
		return fail(why, -EINVAL, "%s",
			    chain ? "cannot serve TLS with this certificate and key: are they PEM, "
				    "and do they belong together?"
				  : "cannot start the HTTP server");
	}
	r = watch(server, daemon_fd(daemon));
	if (r < 0) {
		MHD_stop_daemon(daemon);
		return fail(why, r, "cannot poll the HTTP server");
	}
	retire(server);
	server->daemon = daemon;
	set_timer(server, false);
	return 0;
}

int http_server_set_certificate(struct http_server *server, const char *chain, const char *key,
				struct reason *why)
{
	if (!server->options.is_tls)
		return fail(why, -EINVAL, "the HTTP server serves no TLS");
	return start(server, chain, key, why);
}

static int set_up(struct http_server *server, struct reason *why)
{
	int r;

	server->listen_fd = listen_bind(server->options.at, why);
	if (server->listen_fd < 0)
		return server->listen_fd;
	server->options.at = NULL;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (server->epoll_fd < 0 || server->timer_fd < 0)
		return fail(why, -errno, "no descriptor for the HTTP server");
	r = watch(server, server->timer_fd);
	if (r < 0)
		return fail(why, r, "cannot poll the HTTP server");
	if (server->options.is_tls && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return fail(why, -EOPNOTSUPP, "this libmicrohttpd was built without TLS");
	return server->options.is_tls ? 0 : start(server, NULL, NULL, why);
}

int http_server_new(const struct http_server_options *options, struct http_server **ret,
		    struct reason *why)
{
	_http_server_ struct http_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return fail(why, -ENOMEM, "no memory for the HTTP server");
	server->options = *options;
	server->listen_fd = server->epoll_fd = server->timer_fd = -1;
	if (!server->options.connections_max)
		server->options.connections_max = 64;
	if (!server->options.request_ms)
		server->options.request_ms = 60 * 1000;
	r = set_up(server, why);
	if (r < 0)
		return r;
	*ret = take_ptr(server);
	return 0;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	stop_old(server);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	fd_close(&server->timer_fd);
	fd_close(&server->epoll_fd);
	fd_close(&server->listen_fd);
	free(server);
}

unsigned int http_server_port(const struct http_server *server)
{
	int port = listen_port(server->listen_fd);

	return port < 0 ? 0 : (unsigned int)port;
}

int http_server_fd(const struct http_server *server)
{
	return server->epoll_fd;
}

/* The daemon sees a hang-up and closes; a descriptor is closed by its owner only. */
static void expire(struct http_server *server)
{
	uint64_t now = http_now_ms();
	struct http_connection *c;

	for (c = server->connections; c; c = c->next)
		if (now >= c->since_ms + server->options.request_ms)
			shutdown(c->fd, SHUT_RDWR);
	if (server->old && now >= server->old_ms + server->options.request_ms)
		stop_old(server);
}

/* Another turn: at once, or because one that closed connections does not accept yet again. */
static bool wants_turn(struct MHD_Daemon *daemon, bool has_changed)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return has_changed || (MHD_get_timeout(daemon, &ms) == MHD_YES && ms == 0);
}

/* Return: whether it is not done yet, or -EIO. */
static int run(const struct http_server *server, struct MHD_Daemon *daemon)
{
	bool is_on = daemon != NULL;
	size_t before;
	int i;

	for (i = 0; i < ROUNDS && is_on; i++) {
		before = server->n_connections;
		if (MHD_run(daemon) != MHD_YES)
			return -EIO;
		is_on = wants_turn(daemon, server->n_connections != before);
	}
	return is_on;
}

static bool is_empty(struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return !info || info->num_connections == 0;
}

int http_server_dispatch(struct http_server *server)
{
	uint64_t expirations;
	int r, r_old;

	/* Only empties it. */
	if (read(server->timer_fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return -EIO;
	expire(server);
	r = run(server, server->daemon);
	r_old = run(server, server->old);
	if (server->old && is_empty(server->old))
		stop_old(server);
	set_timer(server, r > 0 || r_old > 0);
	return r < 0 ? r : r_old < 0 ? r_old : 0;
}
