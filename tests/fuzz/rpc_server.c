/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what a client may send to src/rpc: the input is all that follows the client preface. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo.h"
#include "rpc/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rpc_listener *get_listener(void)
{
	static struct rpc_listener listener;

	if (listener.server)
		return &listener;
	if (rpc_server_new(NULL, &listener.server, NULL) < 0)
		abort();
	listener.service = echo_service(echo_new());
	listener.fd = -1;
	return &listener;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rpc_listener *listener = get_listener();
	struct rpc_server_stats stats;
	char sink[65536];
	int fds[2], i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	if (rpc_session_open_adopt(listener, fds[0]) < 0)
		abort();
	if (send(fds[1], NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN, MSG_NOSIGNAL) < 0 ||
	    send(fds[1], data, size, MSG_NOSIGNAL) < 0)
		size = 0;
	for (i = 0; i < 4; i++) {
		rpc_server_dispatch(listener->server);
		while (recv(fds[1], sink, sizeof(sink), 0) > 0)
			;
	}
	close(fds[1]);
	for (i = 0; i < 4; i++)
		rpc_server_dispatch(listener->server);
	rpc_server_stats(listener->server, &stats);
	/* Nothing remains of a client that is gone, but for the call that Keep keeps. */
	if (stats.connections_open > 0 || stats.calls_running > 1)
		abort();
	return 0;
}
