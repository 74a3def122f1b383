/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what a server may send to our client. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reason.h"
#include "rpc/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rpc_request request = {"/test.Echo/Count", "1 1", 3, 1000};
	struct rpc_stream *streams[2] = {NULL, NULL};
	struct rpc_client *client;
	struct rpc_reply reply;
	struct reason why = {0};
	int fds[2], i, r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	if (send(fds[1], data, size, MSG_NOSIGNAL) < 0)
		size = 0;
	shutdown(fds[1], SHUT_WR);
	if (rpc_client_open_adopt(fds[0], &client, NULL) < 0)
		abort();
	for (i = 0; i < 2; i++)
		if (rpc_client_start(client, &request, &streams[i], NULL) < 0)
			abort();
	for (i = 0; i < 2; i++) {
		while ((r = rpc_client_read(streams[i], -1, &reply, &why)) == 1)
			free(reply.data);
		rpc_client_cancel(streams[i]);
	}
	reason_done(&why);
	rpc_client_close(client);
	close(fds[1]);
	return 0;
}
