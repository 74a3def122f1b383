// SPDX-License-Identifier: Apache-2.0
/* What systemd does for a service, and nothing else: sockets, notifications, watchdog and
 * descriptor store over restarts. Says on stdout what it is told.
 * Usage: supervisor [-s] [-w MS] DIR PROGRAM [ARGUMENT...]; -s: with a store (as systemd 254 has
 * it). DIR gets notify, bpfd.sock and maps.sock. A program that is killed is started again at once;
 * one that has ended by itself, when SIGUSR1 says so. SIGTERM is passed on; a second one ends this.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define STORE_MAX 64

struct supervisor {
	bool has_store;
	const char *watchdog_ms;
	const char *dir;
	char **command;
	int notify;
	pid_t pid;
	int n;
	struct {
		int fd;
		char name[64];
	} fds[2 + STORE_MAX];
};

static int listen_at(const char *dir, const char *name, int type)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
	unlink(at.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 ||
	    (type != SOCK_DGRAM && listen(fd, 64) < 0) || chmod(at.sun_path, 0666) < 0) {
		perror(at.sun_path);
		exit(2);
	}
	return fd;
}

/* In the child: from 3 on in order, as sd_listen_fds(3) tells it. */
static void become(struct supervisor *m)
{
	char text[64], names[sizeof m->fds] = "";

	for (int i = 0; i < m->n; i++) {
		const int high = 3 + 2 + STORE_MAX + i;

		dup2(m->fds[i].fd, high);
		strcat(strcat(names, i ? ":" : ""), m->fds[i].name);
	}
	for (int i = 0; i < m->n; i++)
		dup2(3 + 2 + STORE_MAX + i, 3 + i);
	for (int fd = 3 + m->n; fd < 1024; fd++)
		close(fd);
	snprintf(text, sizeof text, "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("WATCHDOG_PID", text, 1);
	snprintf(text, sizeof text, "%d", m->n);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(text, sizeof text, "%s000", m->watchdog_ms);
	setenv("WATCHDOG_USEC", text, 1);
	snprintf(text, sizeof text, "%s/notify", m->dir);
	setenv("NOTIFY_SOCKET", text, 1);
	if (m->has_store)
		setenv("FDSTORE", "64", 1);
	execv(m->command[0], m->command);
	_exit(127);
}

static void start(struct supervisor *m)
{
	sigset_t none;

	m->pid = fork();
	if (m->pid == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		become(m);
	}
	printf("started %d with %d\n", (int)m->pid, m->n);
}

static void drop(struct supervisor *m, const char *name)
{
	for (int i = 2; i < m->n; i++)
		if (strcmp(m->fds[i].name, name) == 0) {
			close(m->fds[i].fd);
			m->fds[i--] = m->fds[--m->n];
		}
}

static void take_notification(struct supervisor *m)
{
	char text[1024], control[CMSG_SPACE(sizeof(int))], name[64] = "stored";
	struct iovec iov = {text, sizeof text - 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof control};
	const ssize_t n = recvmsg(m->notify, &msg, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	const char *at;
	int fd = -1;

	if (n < 0)
		return;
	text[n] = '\0';
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	if ((at = strstr(text, "FDNAME=")))
		sscanf(at, "FDNAME=%63[^\n]", name);
	if (strstr(text, "FDSTOREREMOVE=1"))
		drop(m, name);
	if (strstr(text, "FDSTORE=1") && fd >= 0 && m->has_store && m->n < 2 + STORE_MAX) {
		m->fds[m->n].fd = fd;
		strcpy(m->fds[m->n++].name, name);
	} else if (fd >= 0) {
		close(fd);
	}
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	printf("notified %s\n", text);
}

static void take_signal(struct supervisor *m, int signals)
{
	struct signalfd_siginfo info;
	int status;

	if (read(signals, &info, sizeof info) != sizeof info)
		return;
	if (info.ssi_signo == SIGTERM && m->pid == 0)
		exit(0);
	if (info.ssi_signo == SIGTERM)
		kill(m->pid, SIGTERM);
	if (info.ssi_signo == SIGUSR1 && m->pid == 0)
		start(m);
	if (info.ssi_signo != SIGCHLD || waitpid(m->pid, &status, WNOHANG) <= 0)
		return;
	printf("ended %s %d\n", WIFSIGNALED(status) ? "by signal" : "with",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	m->pid = 0;
	if (WIFSIGNALED(status))
		start(m);
}

int main(int argc, char **argv)
{
	struct supervisor m = {.watchdog_ms = "30000", .n = 2};
	sigset_t set;
	int option;

	while ((option = getopt(argc, argv, "+sw:")) != -1) {
		if (option == 's')
			m.has_store = true;
		else if (option == 'w')
			m.watchdog_ms = optarg;
		else
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	m.dir = argv[optind];
	m.command = argv + optind + 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	m.notify = listen_at(m.dir, "notify", SOCK_DGRAM);
	m.fds[0].fd = listen_at(m.dir, "bpfd.sock", SOCK_STREAM);
	m.fds[1].fd = listen_at(m.dir, "maps.sock", SOCK_SEQPACKET);
	strcpy(m.fds[0].name, "bpfd.socket");
	strcpy(m.fds[1].name, "bpfd.socket");
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	struct pollfd fds[] = {{signalfd(-1, &set, SFD_CLOEXEC), POLLIN, 0}, {m.notify, POLLIN, 0}};

	start(&m);
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			take_notification(&m);
		if (fds[0].revents)
			take_signal(&m, fds[0].fd);
	}
}
