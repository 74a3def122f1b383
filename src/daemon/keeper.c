/* SPDX-License-Identifier: Apache-2.0 */
/* Owns both ways of keeping descriptors alive without the daemon, and the keeper process itself. */
#include "daemon/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "sandbox/sandbox.h"

#define KEPT_MAX 1024

enum keeper_verb { KEEPER_PUT, KEEPER_DROP, KEEPER_LIST };

/* One request; the answer is an int (0, or -errno), for KEEPER_LIST the ids. PUT carries one
 * descriptor. */
struct keeper_request {
	uint32_t verb;
	uint32_t id;
};

/* @ids: what is kept, as far as this process knows. @sock: connection to the keeper process, -1
 * before the first need. */
struct keeper {
	char *path;
	char *executable;
	int sock;
	struct {
		uint32_t id;
		int fd; /* systemd's store: our own copy, so that dropping ends the link */
	} kept[KEPT_MAX];
	size_t n;
};

static bool has_store(void)
{
	return getenv("NOTIFY_SOCKET") && getenv("FDSTORE");
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return take_fd(&fd);
}

static void load_list(struct keeper *k)
{
	struct keeper_request rq = {KEEPER_LIST, 0};
	uint32_t ids[KEPT_MAX];
	ssize_t n;

	if (fd_send(k->sock, &rq, sizeof(rq), NULL, 0) < 0)
		return;
	n = fd_recv(k->sock, ids, sizeof(ids), NULL, 0, NULL);
	for (size_t i = 0; n > 0 && i < (size_t)n / sizeof(*ids); i++) {
		if (ids[i] == 0)
			continue;
		k->kept[k->n].id = ids[i];
		k->kept[k->n++].fd = -1;
	}
}

int keeper_new(const char *socket, const char *executable, struct keeper **ret, struct reason *why)
{
	struct keeper *k = calloc(1, sizeof(*k));

	if (!k || !(k->path = strdup(socket)) || !(k->executable = strdup(executable))) {
		keeper_free(k);
		return fail(why, -ENOMEM, "out of memory");
	}
	/* One that a former daemon started may be there. */
	k->sock = connect_to(socket);
	if (k->sock >= 0)
		load_list(k);
	*ret = k;
	return 0;
}

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		fd_close(&k->kept[i].fd);
	fd_close(&k->sock);
	free(k->path);
	free(k->executable);
	free(k);
}

void keeper_restore_adopt(struct keeper *k, const char *name, int fd)
{
	unsigned int id;

	if (k->n == KEPT_MAX || sscanf(name, "link-%u", &id) != 1) {
		close(fd);
		return;
	}
	k->kept[k->n].id = id;
	k->kept[k->n++].fd = fd;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	mode_t mask;
	int r;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	mask = umask(0177);
	r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (r < 0 || listen(fd, 8) < 0)
		return -errno;
	return take_fd(&fd);
}

/* The keeper is its own session, so that what ends the daemon's does not end it. */
static int start(struct keeper *k, struct reason *why)
{
	char *argv[] = {k->executable, (char *)(uintptr_t) "--keeper", NULL};
	char *envp[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	_close_ int fd = listen_at(k->path);
	pid_t pid;
	int r;

	if (fd < 0)
		return fail(why, fd, "cannot listen at %s: %s", k->path, strerror(-fd));
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	/* Who waits for the end of the daemon's output shall not wait for the keeper. */
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, fd, 3);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	r = posix_spawn(&pid, k->executable, &actions, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	if (r != 0)
		return fail(why, -r, "cannot start %s --keeper", k->executable);
	k->sock = connect_to(k->path);
	return k->sock < 0 ? fail(why, k->sock, "cannot reach the keeper") : 0;
}

int keeper_prepare(struct keeper *k, struct reason *why)
{
	return has_store() || k->sock >= 0 ? 0 : start(k, why);
}

static int ask(struct keeper *k, const struct keeper_request *rq, int fd)
{
	int answer = -EPIPE;
	int r = fd_send(k->sock, rq, sizeof(*rq), &fd, fd >= 0 ? 1 : 0);

	if (r == 0 && fd_recv(k->sock, &answer, sizeof(answer), NULL, 0, NULL) != sizeof(answer))
		r = -EPIPE;
	return r < 0 ? r : answer;
}

static int put_systemd(uint32_t id, int fd)
{
	char state[64];

	snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=link-%u", id);
	return sd_pid_notify_with_fds(0, 0, state, &fd, 1);
}

int keeper_put(struct keeper *k, uint32_t id, int fd, struct reason *why)
{
	struct keeper_request rq = {KEEPER_PUT, id};
	int r = 0;

	if (k->n == KEPT_MAX)
		return fail(why, -ENOSPC, "%d links are kept already", KEPT_MAX);
	if (has_store()) {
		r = put_systemd(id, fd);
		k->kept[k->n].fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	} else {
		if (k->sock < 0)
			r = start(k, why);
		if (r == 0)
			r = ask(k, &rq, fd);
		k->kept[k->n].fd = -1;
	}
	if (r < 0)
		return fail(why, r, "cannot keep the descriptor of link %u: %s", id, strerror(-r));
	k->kept[k->n++].id = id;
	return 0;
}

void keeper_drop(struct keeper *k, uint32_t id)
{
	struct keeper_request rq = {KEEPER_DROP, id};

	for (size_t i = 0; i < k->n; i++) {
		if (k->kept[i].id != id)
			continue;
		if (k->kept[i].fd >= 0)
			sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=link-%u", id);
		else if (k->sock >= 0)
			ask(k, &rq, -1);
		fd_close(&k->kept[i].fd);
		k->kept[i] = k->kept[--k->n];
		return;
	}
}

bool keeper_has(struct keeper *k, uint32_t id)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->kept[i].id == id)
			return true;
	return false;
}

void keeper_retain(struct keeper *k, const uint32_t *ids, uint32_t n)
{
	for (size_t i = k->n; i-- > 0;) {
		bool is_live = false;

		for (uint32_t j = 0; j < n && !is_live; j++)
			is_live = ids[j] == k->kept[i].id;
		if (!is_live)
			keeper_drop(k, k->kept[i].id);
	}
}

/* The keeper process: what it holds. */
struct held {
	uint32_t ids[KEPT_MAX];
	int fds[KEPT_MAX];
	size_t n;
};

static int hold(struct held *held, uint32_t id, int fd)
{
	if (fd < 0)
		return -EBADF;
	if (held->n == KEPT_MAX) {
		close(fd);
		return -ENOSPC;
	}
	held->ids[held->n] = id;
	held->fds[held->n++] = fd;
	return 0;
}

static int let_go(struct held *held, uint32_t id)
{
	for (size_t i = 0; i < held->n; i++) {
		if (held->ids[i] != id)
			continue;
		close(held->fds[i]);
		held->n--;
		held->ids[i] = held->ids[held->n];
		held->fds[i] = held->fds[held->n];
		return 0;
	}
	return -ENOENT;
}

/* Return: 0, or -errno when the peer is gone. */
static int answer(struct held *held, int sock)
{
	struct keeper_request rq;
	int fd = -1, r;
	ssize_t n = fd_recv(sock, &rq, sizeof(rq), &fd, 1, NULL);

	if (n != sizeof(rq)) {
		fd_close(&fd);
		return -EPIPE;
	}
	if (rq.verb == KEEPER_LIST) {
		/* A message of length 0 would mean the end: an empty list is one id that no link
		 * has. */
		uint32_t none = 0;

		fd_close(&fd);
		return held->n ? fd_send(sock, held->ids, held->n * sizeof(*held->ids), NULL, 0)
			       : fd_send(sock, &none, sizeof(none), NULL, 0);
	}
	r = rq.verb == KEEPER_PUT ? hold(held, rq.id, fd) : let_go(held, rq.id);
	return fd_send(sock, &r, sizeof(r), NULL, 0);
}

/* It holds descriptors and has no other power. Without the enclosure it still does its work. */
static void enclose(void)
{
	static const char *const calls[] = {
		"poll",	 "ppoll",  "accept4",	 "recvmsg",	 "sendmsg",	    "close",
		"fcntl", "munmap", "exit_group", "rt_sigreturn", "restart_syscall", NULL};
	struct sock_fprog *filter = NULL;

	prctl(PR_SET_NAME, "bpfd-keeper", 0, 0, 0);
	sandbox_keep_caps(NULL, 0);
	if (sandbox_filter_new(calls, &filter, NULL) == 0)
		sandbox_filter_install(filter);
	sandbox_filter_free(filter);
}

int keeper_main(int fd)
{
	_free_ struct held *held = calloc(1, sizeof(*held));
	bool was_used = false;
	int client = -1;

	enclose();
	/* One daemon at a time; a new connection replaces the one of a daemon that died. */
	while (held && (!was_used || held->n > 0 || client >= 0)) {
		struct pollfd fds[] = {{fd, POLLIN, 0}, {client, POLLIN, 0}};

		if (poll(fds, client >= 0 ? 2 : 1, -1) < 0)
			continue;
		if (fds[0].revents & POLLIN) {
			fd_close(&client);
			client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
			was_used = true;
		} else if (client >= 0 && fds[1].revents && answer(held, client) < 0) {
			fd_close(&client);
		}
	}
	return 0;
}
