/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fork server's life and the conversation with it, seen from bpfd. */
#include "forkserver/client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "forkserver/job.h"

/* The fork server only forks: an answer that takes longer is none. */
#define ANSWER_SECONDS 10

/* A child that waits for a job. @code: of the answer to the last request; @sock −1: none. */
struct ahead {
	bool is_asked;
	int code;
	pid_t pid;
	int sock;
};

/* @lock: of the conversation; jobs themselves have sockets of their own. */
struct forkserver {
	pthread_mutex_t lock;
	int sock;
	pid_t pid;
	struct ahead ahead[_JOB_KIND_MAX];
};

static void actions_done(posix_spawn_file_actions_t *actions)
{
	posix_spawn_file_actions_destroy(actions);
}

static int spawn(const char *path, int sock, pid_t *ret)
{
	_cleanup_(actions_done) posix_spawn_file_actions_t actions;
	char *argv[] = {(char *)(uintptr_t)path, NULL};
	int r = posix_spawn_file_actions_init(&actions);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, sock, 3);
	if (r == 0)
		r = posix_spawn(ret, path, &actions, NULL, argv, environ);
	return -r;
}

static void ask_ahead(struct forkserver *fs, enum job_kind kind)
{
	struct control_request request = {.op = CONTROL_START, .kind = kind};
	struct ahead *a = &fs->ahead[kind];

	if (!a->is_asked && a->sock < 0)
		a->is_asked = fd_send(fs->sock, &request, sizeof(request), NULL, 0) == 0;
}

void forkserver_refill(struct forkserver *fs)
{
	static const enum job_kind often[] = {JOB_KIND_LOAD, JOB_KIND_LOOK, JOB_KIND_OPEN};

	if (!fs)
		return;
	pthread_mutex_lock(&fs->lock);
	for (size_t i = 0; i < array_size(often); i++)
		ask_ahead(fs, often[i]);
	pthread_mutex_unlock(&fs->lock);
}

int forkserver_start(const char *path, struct forkserver **ret, struct reason *why)
{
	struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	_free_ struct forkserver *fs = calloc(1, sizeof(*fs));
	_close_ int ours = -1;
	_close_ int theirs = -1;
	int pair[2], r;

	if (!fs)
		return fail(why, -ENOMEM, "out of memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(why, -errno, "cannot make a socket pair: %s", strerror(errno));
	ours = pair[0];
	theirs = pair[1];
	setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	r = spawn(path, theirs, &fs->pid);
	if (r < 0)
		return fail(why, r, "cannot start %s: %s", path, strerror(-r));
	fs->sock = take_fd(&ours);
	pthread_mutex_init(&fs->lock, NULL);
	for (size_t i = 0; i < _JOB_KIND_MAX; i++)
		fs->ahead[i].sock = -1;
	forkserver_refill(fs);
	*ret = take_ptr(fs);
	return 0;
}

void forkserver_free(struct forkserver *fs)
{
	if (!fs)
		return;
	/* It ends when this socket does, and its children with it. */
	close(fs->sock);
	for (size_t i = 0; i < _JOB_KIND_MAX; i++)
		fd_close(&fs->ahead[i].sock);
	while (waitpid(fs->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_destroy(&fs->lock);
	free(fs);
}

static int gone(struct reason *why)
{
	reason_hint(why,
		    "restart bpfd: it has given up the privileges to start another one; what is "
		    "attached stays attached");
	return fail(why, -EPIPE, "the process that starts children (bpfd-forkserver) has ended");
}

/* A fork server that cannot work says why in a message and ends. */
static int take_farewell(const char *data, size_t len, struct reason *why)
{
	if (len <= sizeof(struct control_answer) ||
	    strnlen(data + sizeof(struct control_answer), len) >= len)
		return gone(why);
	return fail(why, -EPIPE, "%s", data + sizeof(struct control_answer));
}

/* Take one answer. START's are kept for later; another one is *ret's. Return: 0 or -EPIPE. */
static int take_answer(struct forkserver *fs, struct control_answer *ret, struct reason *why)
{
	char data[sizeof(*ret) + 1024];
	struct control_answer answer;
	_close_ int fd = -1;
	ssize_t n = fd_recv(fs->sock, data, sizeof(data) - 1, &fd, 1, NULL);

	if (n < (ssize_t)sizeof(answer)) {
		/* A late answer would be taken for the next one. */
		shutdown(fs->sock, SHUT_RDWR);
		return gone(why);
	}
	data[n] = '\0';
	memcpy(&answer, data, sizeof(answer));
	if (answer.code == -EPIPE)
		return take_farewell(data, (size_t)n + 1, why);
	if (answer.op == CONTROL_START && answer.kind < _JOB_KIND_MAX) {
		struct ahead *a = &fs->ahead[answer.kind];

		fd_close(&a->sock);
		*a = (struct ahead){.code = answer.code, .pid = answer.pid, .sock = take_fd(&fd)};
	}
	*ret = answer;
	return 0;
}

static bool has_bytes(int sock)
{
	char byte;

	return recv(sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* One that was killed while it waited is of no use; one that failed has left its reason. */
static bool is_usable(const struct ahead *a)
{
	struct pollfd p = {.fd = a->sock, .events = POLLIN};

	return a->sock >= 0 && (poll(&p, 1, 0) <= 0 || (p.revents & POLLIN && has_bytes(a->sock)));
}

static int take(struct forkserver *fs, enum job_kind kind, struct job *ret, struct reason *why)
{
	struct ahead *a = &fs->ahead[kind];
	struct control_answer answer;
	int r = 0;

	if (a->sock >= 0 && !is_usable(a))
		fd_close(&a->sock);
	a->code = 0;
	ask_ahead(fs, kind);
	while (r == 0 && a->sock < 0 && a->code == 0)
		r = a->is_asked ? take_answer(fs, &answer, why) : gone(why);
	if (r < 0)
		return r;
	if (a->sock < 0)
		return fail(why, -EAGAIN, "cannot start a child process: %s", strerror(-a->code));
	*ret = (struct job){.fs = fs, .kind = kind, .pid = a->pid, .sock = take_fd(&a->sock)};
	return 0;
}

int forkserver_take(struct forkserver *fs, enum job_kind kind, struct job *ret, struct reason *why)
{
	int r;

	pthread_mutex_lock(&fs->lock);
	r = take(fs, kind, ret, why);
	pthread_mutex_unlock(&fs->lock);
	return r;
}

static int end(const struct job *job, uint32_t grace_ms, struct control_answer *ret,
	       struct reason *why)
{
	struct control_request request = {.op = CONTROL_END, .pid = job->pid, .grace_ms = grace_ms};
	int r = fd_send(job->fs->sock, &request, sizeof(request), NULL, 0);

	if (r < 0)
		return gone(why);
	do {
		r = take_answer(job->fs, ret, why);
	} while (r == 0 && ret->op != CONTROL_END);
	return r;
}

int forkserver_end(const struct job *job, uint32_t grace_ms, struct control_answer *ret,
		   struct reason *why)
{
	int r;

	pthread_mutex_lock(&job->fs->lock);
	r = end(job, grace_ms, ret, why);
	pthread_mutex_unlock(&job->fs->lock);
	return r;
}
