/* SPDX-License-Identifier: Apache-2.0 */
/* Row 1.6: many small calls over several connections, one process a connection. Also by hand
 * against any server of src/rpc: rpc_load SOCKET PATH CONNECTIONS CALLS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/reason.h"
#include "daemon.h"
#include "report.h"
#include "rpc/client.h"
#include "series.h"

#define CONNECTIONS	10
#define CALLS		1000
#define CONNECTIONS_MAX 64
#define CALLS_S_MIN	20000.0

struct work {
	const char *socket;
	const char *path;
	int connections;
	long calls; /* of each connection */
};

static int run_one(const struct work *work)
{
	const struct rpc_request request = {work->path, "", 0, 30000};
	struct rpc_client *client;
	struct rpc_reply reply;
	struct reason why = {0};
	long i = 0;

	if (rpc_client_open(work->socket, &client, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	for (; i < work->calls && rpc_client_call(client, &request, &reply, &why) == 0; i++)
		free(reply.data);
	if (i < work->calls)
		fprintf(stderr, "%s\n", why.text);
	rpc_client_close(client);
	return i < work->calls;
}

/* Calls a second, of all connections together; < 0 when one failed. */
static double run_all(const struct work *work)
{
	uint64_t begin = clock_ns();
	pid_t pids[CONNECTIONS_MAX];
	int status, n_failed = 0;

	for (int i = 0; i < work->connections; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(run_one(work));
	}
	for (int i = 0; i < work->connections; i++)
		n_failed += waitpid(pids[i], &status, 0) < 0 || status != 0;
	return n_failed ? -1
			: (double)(work->calls * work->connections) * 1000 / clock_ms_since(begin);
}

static int by_hand(char **argv)
{
	struct work work = {argv[1], argv[2], atoi(argv[3]), 0};

	if (work.connections < 1 || work.connections > CONNECTIONS_MAX)
		report_fail("usage", "rpc_load SOCKET PATH CONNECTIONS CALLS");
	work.calls = atol(argv[4]) / work.connections;
	printf("%.0f calls/s\n", run_all(&work));
	return 0;
}

int main(int argc, char **argv)
{
	static struct series rates;
	struct daemon_process d;
	struct work work = {d.socket, "/bpfd.v1.Bpfd/GetVersion", CONNECTIONS, CALLS};
	struct row row = {.id = "1.6",
			  .what = "small gRPC calls (GetVersion) over 10 connections",
			  .unit = "/s",
			  .peer = "",
			  .must = ">= 20000/s",
			  .series = &rates};

	if (argc == 5)
		return by_hand(argv);
	daemon_process_start(&d, NULL);
	for (unsigned int i = 0; i < report_runs(); i++) {
		double calls_s = run_all(&work);

		if (calls_s < 0)
			report_fail("GetVersion", "failed");
		series_add(&rates, calls_s);
	}
	daemon_process_stop(&d);
	row.value = series_median(&rates);
	row.holds = row.value >= CALLS_S_MIN;
	report(&row);
	return 0;
}
