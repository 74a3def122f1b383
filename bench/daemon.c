/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the processes that are measured. */
#include "daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "report.h"
#include "series.h"

#define READY_MS_MAX 10000
#define LOOK_US	     200

extern char **environ;

const char *setting(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		report_fail(name, "not set; I am run by bench/run");
	return value;
}

static pid_t spawn(char *const argv[], const char *log)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log,
					 O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? pid : -1;
}

static int answers(const char *socket)
{
	const struct bpfd_open_opts opts = {.size = sizeof(opts), .socket = socket};
	struct bpfd_version *version;
	struct bpfd_conn *conn;
	int r;

	if (bpfd_open(&opts, &conn) < 0)
		return 0;
	r = bpfd_version_get(conn, &version);
	if (r == 0)
		bpfd_version_free(version);
	bpfd_close(conn);
	return r == 0;
}

void daemon_process_start(struct daemon_process *d, double *ret_ms)
{
	char run[160], state[160], config[160], log[160];
	char *argv[] = {(char *)setting("BPFD"),
			"--runtime-dir",
			run,
			"--state-dir",
			state,
			"--config",
			config,
			NULL};
	uint64_t begin = clock_ns();

	snprintf(run, sizeof(run), "%s/run", setting("BENCH_DIR"));
	snprintf(state, sizeof(state), "%s/state", setting("BENCH_DIR"));
	snprintf(config, sizeof(config), "%s/bpfd.yaml", setting("BENCH_DIR"));
	snprintf(log, sizeof(log), "%s/log", setting("BENCH_DIR"));
	snprintf(d->socket, sizeof(d->socket), "%s/run/bpfd.sock", setting("BENCH_DIR"));
	d->pid = spawn(argv, log);
	while (!answers(d->socket)) {
		if (d->pid < 0 || waitpid(d->pid, NULL, WNOHANG) != 0 ||
		    clock_ms_since(begin) > READY_MS_MAX)
			report_fail("bpfd", "does not start");
		usleep(LOOK_US);
	}
	if (ret_ms)
		*ret_ms = clock_ms_since(begin);
	setenv("BPFD_SOCKET", d->socket, 1);
}

void daemon_process_stop(struct daemon_process *d)
{
	int status = 0;

	kill(d->pid, SIGTERM);
	if (waitpid(d->pid, &status, 0) < 0 || status != 0)
		report_fail("bpfd", "does not end well");
}

struct bpfd_conn *daemon_process_connect(const struct daemon_process *d)
{
	const struct bpfd_open_opts opts = {.size = sizeof(opts), .socket = d->socket};
	struct bpfd_version *version;
	struct bpfd_conn *conn;

	if (bpfd_open(&opts, &conn) < 0 || bpfd_version_get(conn, &version) < 0)
		report_fail("bpfd", "does not answer");
	bpfd_version_free(version);
	return conn;
}

double process_run(char *const argv[])
{
	uint64_t begin = clock_ns();
	pid_t pid = spawn(argv, "/dev/null");
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return clock_ms_since(begin);
}
