/* SPDX-License-Identifier: Apache-2.0 */
/* How children are enclosed and how they end: crash, hang, the death of either side. Needs root. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/job.h"
#include "jobs.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* cmocka's way to hand the fork server to each test. */
#define FS(state) ((struct forkserver *)*(state))

static void read_status(pid_t pid, char status[static 4096])
{
	char path[64];
	_close_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, status, 4095);
	assert_true(n > 0);
	status[n] = '\0';
}

static void a_child_waits_without_privileges(void **state)
{
	static const struct {
		enum job_kind kind;
		const char *caps;
	} cases[] = {{JOB_KIND_LOOK, "CapEff:\t0000000000000000"},
		     {JOB_KIND_LOAD, "CapEff:\t000000c000001000"}};

	for (size_t i = 0; i < array_size(cases); i++) {
		_job_ struct job job = {.sock = -1};
		char status[4096] = "";

		assert_int_equal(job_start(FS(state), cases[i].kind, &job, NULL), 0);
		for (int tries = 0; tries < 200 && !strstr(status, "Seccomp:\t2"); tries++) {
			usleep(5000);
			read_status(job.pid, status);
		}
		assert_non_null(strstr(status, "Seccomp:\t2"));
		assert_non_null(strstr(status, "NoNewPrivs:\t1"));
		assert_non_null(strstr(status, cases[i].caps));
		assert_null(strstr(status, "Uid:\t0"));
	}
}

static void a_crash_is_an_error_in_words(void **state)
{
	static const struct {
		int signal;
		int code;
		const char *words;
	} cases[] = {{SIGSEGV, -EBADMSG, "crashed (signal 11)"},
		     {SIGSYS, -EBADMSG, "may not do"},
		     {SIGKILL, -ENOMEM, "was killed"},
		     {SIGALRM, -ETIMEDOUT, "too long"}};

	for (size_t i = 0; i < array_size(cases); i++) {
		_job_ struct job job = {.sock = -1};
		_message_ struct message m = {0};
		_reason_ struct reason why = {0};

		assert_int_equal(job_start(FS(state), JOB_KIND_LOOK, &job, NULL), 0);
		kill(job.pid, cases[i].signal);
		assert_int_equal(job_receive(&job, &m, &why), cases[i].code);
		assert_non_null(strstr(why.text, cases[i].words));
		assert_non_null(strstr(why.text, "reads objects"));
	}
}

static void a_child_that_hangs_is_ended(void **state)
{
	struct timeval soon = {.tv_usec = 100000};
	_job_ struct job job = {.sock = -1};
	_message_ struct message m = {0};
	_reason_ struct reason why = {0};

	assert_int_equal(job_start(FS(state), JOB_KIND_LOAD, &job, NULL), 0);
	kill(job.pid, SIGSTOP);
	setsockopt(job.sock, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	assert_int_equal(job_receive(&job, &m, &why), -ETIMEDOUT);
	assert_int_equal(kill(job.pid, 0), -1);
}

static pid_t parent_of(pid_t pid)
{
	char status[4096];

	read_status(pid, status);
	return (pid_t)atoi(strstr(status, "PPid:") + 5);
}

static pid_t server_of(struct forkserver *fs)
{
	_job_ struct job job = {.sock = -1};

	assert_int_equal(job_start(fs, JOB_KIND_LOOK, &job, NULL), 0);
	return parent_of(job.pid);
}

static void without_the_fork_server_jobs_fail_in_words(void **state)
{
	_close_ int fd = jobs_fixture("tracepoint.bpf.o");
	struct forkserver *fs = jobs_start();
	struct object o = {0};
	int r = 0;

	(void)state;
	kill(server_of(fs), SIGKILL);
	for (int i = 0; i < 5 && r == 0; i++) {
		_reason_ struct reason why = {0};

		r = job_look(fs, fd, &o, &why);
		object_done(&o);
		if (r == -EPIPE)
			assert_non_null(strstr(why.hint, "restart bpfd"));
	}
	assert_true(r < 0);
	assert_int_equal(job_look(fs, fd, &o, NULL), -EPIPE);
	forkserver_free(fs);
}

static bool is_gone(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return access(path, F_OK) < 0;
}

static void the_children_end_with_bpfd(void **state)
{
	pid_t pids[2] = {0, 0};
	int pipe_fds[2];
	pid_t bpfd;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	bpfd = fork();
	if (bpfd == 0) {
		struct forkserver *fs = jobs_start();
		struct job job;

		if (job_start(fs, JOB_KIND_LOAD, &job, NULL) < 0)
			_exit(1);
		pids[0] = job.pid;
		pids[1] = parent_of(job.pid);
		_exit(fd_write_all(pipe_fds[1], pids, sizeof(pids)) < 0);
	}
	assert_int_equal(read(pipe_fds[0], pids, sizeof(pids)), sizeof(pids));
	waitpid(bpfd, NULL, 0);
	for (int i = 0; i < 400 && !(is_gone(pids[0]) && is_gone(pids[1])); i++)
		usleep(5000);
	assert_true(is_gone(pids[0]));
	assert_true(is_gone(pids[1]));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static int start(void **state)
{
	*state = jobs_start();
	return 0;
}

static int stop(void **state)
{
	forkserver_free(FS(state));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_waits_without_privileges),
		cmocka_unit_test(a_crash_is_an_error_in_words),
		cmocka_unit_test(a_child_that_hangs_is_ended),
		cmocka_unit_test(without_the_fork_server_jobs_fail_in_words),
		cmocka_unit_test(the_children_end_with_bpfd),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP jobs need root: children change their identity\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, start, stop);
}
