/* SPDX-License-Identifier: Apache-2.0 */
/* Owns fork(2), waitpid(2) and kill(2) of the children. */
#include "forkserver/pool.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* In the child: nothing of the others may stay open, or their hang-ups go unseen. */
static void become_child(struct pool *pool, enum job_kind kind, const int pair[2])
{
	sigset_t none;

	close(pool->control);
	close(pair[0]);
	for (size_t i = 0; i < _JOB_KIND_MAX; i++)
		if (pool->spares[i].pid > 0)
			close(pool->spares[i].sock);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	child_run(kind, pair[1], pool->means);
}

static int make_spare(struct pool *pool, enum job_kind kind)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_child(pool, kind, pair);
	if (pid < 0) {
		int r = -errno;

		close(pair[0]);
		close(pair[1]);
		return r;
	}
	close(pair[1]);
	pool->spares[kind] = (struct pool_spare){.pid = pid, .sock = pair[0]};
	return 0;
}

void pool_fill(struct pool *pool)
{
	static const enum job_kind often[] = {JOB_KIND_LOAD, JOB_KIND_LOOK, JOB_KIND_OPEN};

	for (size_t i = 0; i < array_size(often); i++)
		if (pool->spares[often[i]].pid == 0 && make_spare(pool, often[i]) < 0)
			return;
}

pid_t pool_take(struct pool *pool, enum job_kind kind, int *ret_sock)
{
	struct pool_spare *spare = &pool->spares[kind];
	pid_t pid;
	int r = 0;

	if (spare->pid == 0)
		r = make_spare(pool, kind);
	if (r < 0)
		return r;
	pid = spare->pid;
	*ret_sock = spare->sock;
	*spare = (struct pool_spare){.pid = 0, .sock = -1};
	return pid;
}

static void note_end(struct pool *pool, pid_t pid, int status)
{
	pool->ends[pool->next_end] = (struct pool_end){.pid = pid, .status = status};
	pool->next_end = (pool->next_end + 1) % POOL_ENDS_MAX;
	for (size_t i = 0; i < _JOB_KIND_MAX; i++) {
		struct pool_spare *spare = &pool->spares[i];

		/* One that ended by itself has left the reason in its socket: bpfd shall read it.
		 */
		if (spare->pid != pid || !WIFSIGNALED(status))
			continue;
		close(spare->sock);
		*spare = (struct pool_spare){.pid = 0, .sock = -1};
	}
}

void pool_reap(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(pool, pid, status);
}

static struct pool_end *find_end(struct pool *pool, pid_t pid)
{
	for (size_t i = 0; i < POOL_ENDS_MAX; i++)
		if (pool->ends[i].pid == pid)
			return &pool->ends[i];
	return NULL;
}

void pool_end(struct pool *pool, pid_t pid, struct control_answer *ret)
{
	struct pool_end *end;
	int status = 0;

	*ret = (struct control_answer){.pid = pid};
	pool_reap(pool);
	end = find_end(pool, pid);
	if (end) {
		ret->status = end->status;
		end->pid = 0;
		return;
	}
	/* One that is in its end already keeps its own status. */
	if (pid <= 0 || waitpid(pid, &status, WNOHANG) != 0) {
		ret->code = -ESRCH;
		return;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ret->status = status;
	ret->was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
