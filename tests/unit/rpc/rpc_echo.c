/* SPDX-License-Identifier: Apache-2.0 */
/* The echo service as a program, for other languages' clients and for load: rpc_echo SOCKET. Ends
 * gracefully on SIGTERM or SIGINT, and then prints its counters. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/reason.h"
#include "echo.h"

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

int main(int argc, char **argv)
{
	const struct rpc_server_options options = {.write_timeout_ms = 5000};
	struct reason why = {0};
	struct rpc_server *server;
	struct rpc_service service;
	struct echo *echo = echo_new();

	if (argc != 2 || !echo)
		return 2;
	unlink(argv[1]);
	service = echo_service(echo);
	if (rpc_server_new(&options, &server, &why) < 0 ||
	    rpc_server_listen_adopt(server, echo_listen(argv[1]), &service, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	serve(server);
	print_stats(server);
	rpc_server_free(server);
	echo_free(echo);
	return 0;
}
