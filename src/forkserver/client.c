/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fork server's life and the conversation with it, seen from bpfd. */
#include "forkserver/client.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
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

struct forkserver {
	int sock;
	pid_t pid;
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
	*ret = take_ptr(fs);
	return 0;
}

void forkserver_free(struct forkserver *fs)
{
	if (!fs)
		return;
	/* It ends when this socket does, and its children with it. */
	close(fs->sock);
	while (waitpid(fs->pid, NULL, 0) < 0 && errno == EINTR)
		;
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

int forkserver_ask(struct forkserver *fs, const struct control_request *request,
		   struct control_answer *ret, int *ret_fd, struct reason *why)
{
	char data[sizeof(*ret) + 1024];
	ssize_t n;
	int r = fd_send(fs->sock, request, sizeof(*request), NULL, 0);

	*ret_fd = -1;
	if (r < 0 && r != -EPIPE)
		return gone(why);
	/* Even when it is gone: its last words may still be there. */
	n = fd_recv(fs->sock, data, sizeof(data) - 1, ret_fd, 1, NULL);
	if (n < (ssize_t)sizeof(*ret)) {
		/* A late answer would be taken for the next one. */
		shutdown(fs->sock, SHUT_RDWR);
		return gone(why);
	}
	data[n] = '\0';
	memcpy(ret, data, sizeof(*ret));
	return ret->code == -EPIPE ? take_farewell(data, (size_t)n + 1, why) : 0;
}
