/* SPDX-License-Identifier: Apache-2.0 */
/* The echo service as a program, for other languages' clients and for load: rpc_echo SOCKET
 * [DESCRIPTORS]. Ends gracefully on SIGTERM or SIGINT, and then prints its counters. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "echo.h"
#include "rpc/standard/reflection.h"

static void print_stats(const struct rpc_server *server)
{
	struct rpc_server_stats s;
	unsigned int i;

	rpc_server_stats(server, &s);
	printf("connections total=%lu refused=%lu broken=%lu open=%lu running=%lu held=%lu\n",
	       s.connections_total, s.connections_refused, s.connections_broken, s.connections_open,
	       s.calls_running, s.held_bytes);
	for (i = 0; i < _RPC_CODE_MAX; i++)
		if (s.calls_by_code[i])
			printf("%s=%lu\n", rpc_code_name(i), s.calls_by_code[i]);
}

static void set_done(void *userdata)
{
	*(bool *)userdata = true;
}

static void serve(struct rpc_server *server)
{
	struct pollfd p[2] = {{.fd = rpc_server_fd(server), .events = POLLIN}, {.events = POLLIN}};
	bool is_done = false;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	p[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (!is_done && poll(p, 2, -1) >= 0) {
		if (p[0].revents)
			rpc_server_dispatch(server);
		if (p[1].revents) {
			rpc_server_shutdown(server, 1000, set_done, &is_done);
			p[1].events = 0;
			p[1].fd = -1;
		}
	}
}

/* Serve until a signal comes. Return: the exit status. */
static int run(const char *path, struct echo *echo, const struct rpc_reflection *reflection)
{
	const struct rpc_server_options options = {.write_timeout_ms = 5000};
	struct rpc_service service = echo_service(echo);
	struct rpc_server *server;
	struct reason why = {0};

	service.reflection = reflection;
	unlink(path);
	if (rpc_server_new(&options, &server, &why) < 0 ||
	    rpc_server_listen_adopt(server, echo_listen(path), &service, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	serve(server);
	print_stats(server);
	rpc_server_free(server);
	return 0;
}

int main(int argc, char **argv)
{
	struct rpc_reflection *reflection = NULL;
	struct echo *echo = echo_new();
	_free_ char *set = NULL;
	_close_ int fd = -1;
	size_t len;
	int status;

	if (argc < 2 || !echo)
		return 2;
	if (argc > 2)
		fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fd_read_all(fd, 1 << 20, &set, &len) == 0)
		rpc_reflection_new(set, len, &reflection, NULL);
	status = run(argv[1], echo, reflection);
	rpc_reflection_free(reflection);
	echo_free(echo);
	return status;
}
