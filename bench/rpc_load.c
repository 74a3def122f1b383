/* SPDX-License-Identifier: Apache-2.0 */
/* Many small calls against a server of src/rpc: rpc_load SOCKET PATH CONNECTIONS CALLS [DEPTH]. One
 * process a connection, DEPTH calls under way on each; prints calls per second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reason.h"
#include "rpc/client.h"
#include "rpc/timer.h"

#define DEPTH_MAX 64

static int call_many(struct rpc_client *client, const struct rpc_request *request, long calls,
		     unsigned int depth)
{
	struct rpc_stream *streams[DEPTH_MAX] = {0};
	struct rpc_reply reply;
	unsigned int slot = 0;
	long started = 0, done = 0;

	while (done < calls) {
		if (streams[slot]) {
			if (rpc_client_read(streams[slot], -1, &reply, NULL) != 1)
				return -1;
			free(reply.data);
			if (rpc_client_read(streams[slot], -1, &reply, NULL) != 0)
				return -1;
			rpc_client_cancel(streams[slot]);
			streams[slot] = NULL;
			done++;
		}
		if (started < calls && started++ >= 0 &&
		    rpc_client_start(client, request, &streams[slot], NULL) < 0)
			return -1;
		slot = (slot + 1) % depth;
	}
	return 0;
}

static int run_one(char **argv, long calls, unsigned int depth)
{
	const struct rpc_request request = {argv[2], "hello world", 11, 30000};
	struct rpc_client *client;
	struct reason why = {0};
	int r;

	if (rpc_client_open(argv[1], &client, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	r = call_many(client, &request, calls, depth);
	rpc_client_close(client);
	return r < 0;
}

int main(int argc, char **argv)
{
	unsigned int depth = argc > 5 ? (unsigned int)atoi(argv[5]) : 1;
	int i, status, n_failed = 0, n = argc > 4 ? atoi(argv[3]) : 0;
	long calls = argc > 4 ? atol(argv[4]) : 0;
	uint64_t begin = rpc_now_ns();
	double seconds;

	if (n < 1 || calls < n || depth < 1 || depth > DEPTH_MAX) {
		fprintf(stderr, "usage: rpc_load SOCKET PATH CONNECTIONS CALLS [DEPTH <= 64]\n");
		return 2;
	}
	for (i = 0; i < n; i++)
		if (fork() == 0)
			_exit(run_one(argv, calls / n, depth));
	while (wait(&status) > 0)
		n_failed += status != 0;
	seconds = (double)(rpc_now_ns() - begin) / 1e9;
	printf("%d connections, depth %u: %ld calls in %.2f s = %.0f/s, %d clients failed\n", n,
	       depth, calls / n * n, seconds, (double)(calls / n * n) / seconds, n_failed);
	return n_failed > 0;
}
