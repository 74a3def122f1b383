/* SPDX-License-Identifier: Apache-2.0 */
/* Owns fork(2), waitpid(2) and kill(2) of the children. */
#include "forkserver/children.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

static void become_child(const struct children *children, enum job_kind kind, const int pair[2])
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	sigset_t none;

	/* A sanitizer would turn the crash into an exit. */
	for (size_t i = 0; i < array_size(crashes); i++)
		signal(crashes[i], SIG_DFL);
	close(children->control);
	close(pair[0]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_run(kind, pair[1], children->means);
}

pid_t children_start(struct children *children, enum job_kind kind, int *ret_sock)
{
	_close_ int ours = -1;
	_close_ int theirs = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid == 0)
		become_child(children, kind, pair);
	if (pid < 0)
		return -errno;
	*ret_sock = take_fd(&ours);
	return pid;
}

void children_reap(struct children *children)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		children->ends[children->next_end] =
			(struct children_end){.pid = pid, .status = status};
		children->next_end = (children->next_end + 1) % CHILDREN_ENDS_MAX;
	}
}

static struct children_end *find_end(struct children *children, pid_t pid)
{
	for (size_t i = 0; i < CHILDREN_ENDS_MAX; i++)
		if (children->ends[i].pid == pid)
			return &children->ends[i];
	return NULL;
}

static pid_t wait_for(pid_t pid, uint32_t grace_ms, int *status)
{
	pid_t r = waitpid(pid, status, WNOHANG);

	for (uint32_t waited = 0; r == 0 && waited < grace_ms; waited++) {
		usleep(1000);
		r = waitpid(pid, status, WNOHANG);
	}
	return r;
}

void children_end(struct children *children, const struct control_request *request,
		  struct control_answer *ret)
{
	pid_t pid = request->pid;
	struct children_end *end;
	pid_t r;

	children_reap(children);
	end = pid > 0 ? find_end(children, pid) : NULL;
	if (end) {
		ret->status = end->status;
		end->pid = 0;
		return;
	}
	r = pid > 0 ? wait_for(pid, request->grace_ms, &ret->status) : -1;
	/* No child of ours: nobody is killed by mistake. */
	if (r < 0)
		ret->code = -ESRCH;
	if (r != 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, &ret->status, 0) < 0 && errno == EINTR)
		;
	ret->was_killed = true;
}
