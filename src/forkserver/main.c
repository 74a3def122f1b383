/* SPDX-License-Identifier: Apache-2.0 */
/* bpfd-forkserver: started by bpfd with one socket, descriptor 3; hands out children. Ends with
 * bpfd. Reads nothing foreign itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "sandbox/sandbox.h"
#include "forkserver/children.h"
#include "load/warm.h"

#define CONTROL 3

/*
 * BPF, PERFMON, NET_ADMIN: what bpfd-load needs; a child has no more than its parent.
 * DAC_READ_SEARCH: root opens what root may read, a file in a private home for one.
 * SETUID, SETGID: children become the client or nobody. KILL: a child of another uid that hangs is
 * ended. SYS_PTRACE: the network namespaces and files of containers; only the units of a cluster
 * give it. SETPCAP (to empty the bounding set) and SYS_RESOURCE are used once, before this. One
 * that is not there is missed by those who need it; bpfd has warned.
 */
static const int caps[] = {CAP_BPF,    CAP_PERFMON, CAP_NET_ADMIN,	 CAP_SETUID,
			   CAP_SETGID, CAP_KILL,    CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE};

/* Before 5.11 maps count against RLIMIT_MEMLOCK; children inherit the limit. */
static void raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &all);
}

/* Only the socket and nothing of bpfd's environment stays open. */
static int detach_files(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	close(null);
	if (fcntl(CONTROL, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	close_range(CONTROL + 1, ~0u, 0);
	return 0;
}

static int prepare(struct child_means *means, struct reason *why)
{
	int r = detach_files();

	if (r < 0)
		return fail(why, r, "bpfd-forkserver is started by bpfd only: %s", strerror(-r));
	raise_memlock();
	r = child_means_prepare(means, why);
	if (r < 0)
		return r;
	r = sandbox_keep_caps(caps, array_size(caps));
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		return fail(why, r, "bpfd-forkserver cannot give up capabilities: %s",
			    strerror(-r));
	warm_up();
	return 0;
}

/* Return: 0, or -errno when bpfd is gone. */
static int serve_request(struct children *children)
{
	struct control_request request;
	struct control_answer answer = {0};
	_close_ int sock = -1;
	ssize_t n = fd_recv(CONTROL, &request, sizeof(request), NULL, 0, NULL);

	if (n != sizeof(request))
		return -EPIPE;
	answer.op = request.op;
	answer.kind = request.kind;
	if (request.op == CONTROL_END) {
		children_end(children, &request, &answer);
	} else if (request.kind < _JOB_KIND_MAX) {
		answer.pid = children_start(children, (enum job_kind)request.kind, &sock);
		answer.code = answer.pid < 0 ? answer.pid : 0;
	} else {
		answer.code = -EINVAL;
	}
	return fd_send(CONTROL, &answer, sizeof(answer), &sock, sock >= 0);
}

static int serve(struct children *children, int signals)
{
	struct pollfd fds[] = {{CONTROL, POLLIN, 0}, {signals, POLLIN, 0}};
	struct signalfd_siginfo info;
	int r = 0;

	while (r == 0) {
		if (poll(fds, array_size(fds), -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents && read(signals, &info, sizeof(info)) > 0)
			children_reap(children);
		if (fds[0].revents)
			r = serve_request(children);
	}
	return r;
}

static int block_child_signal(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* bpfd reads it with its first request. */
static int say_farewell(const struct reason *why)
{
	struct control_answer answer = {.code = -EPIPE};
	char data[sizeof(answer) + sizeof(why->text)];

	memcpy(data, &answer, sizeof(answer));
	snprintf(data + sizeof(answer), sizeof(why->text), "%s", why->text);
	fd_send(CONTROL, data, sizeof(answer) + strlen(why->text), NULL, 0);
	return 1;
}

int main(void)
{
	_cleanup_(child_means_done) struct child_means means = {
		.server = getpid(), .image_exe = -1, .fetch_exe = -1, .rules = -1};
	struct children children = {.means = &means, .control = CONTROL};
	struct reason why = {0};
	int signals;

	prctl(PR_SET_NAME, "bpfd-forkserver", 0, 0, 0);
	if (prepare(&means, &why) < 0)
		return say_farewell(&why);
	signals = block_child_signal();
	if (signals < 0)
		return 1;
	serve(&children, signals);
	close(signals);
	return 0;
}
