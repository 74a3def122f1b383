/* SPDX-License-Identifier: Apache-2.0 */
/* Owns fork(2), waitpid(2) and kill(2) of the children. */
#include "forkserver/children.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

static void become_child(const struct children *children, enum job_kind kind, const int pair[2])
{
	sigset_t none;

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

void children_end(struct children *children, pid_t pid, struct control_answer *ret)
{
	struct children_end *end;
	int status = 0;

	children_reap(children);
	end = pid > 0 ? find_end(children, pid) : NULL;
	if (end) {
		ret->status = end->status;
		end->pid = 0;
		return;
	}
	/* Not 0: no child of ours, so nobody is killed by mistake. */
	if (pid <= 0 || waitpid(pid, &status, WNOHANG) != 0) {
		ret->code = -ESRCH;
		return;
	}
	/* One that is in its end already keeps its own status. */
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->status = status;
	ret->was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
