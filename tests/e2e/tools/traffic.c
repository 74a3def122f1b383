// SPDX-License-Identifier: Apache-2.0
/* Changes a hook all the time while packets flow: a process sends UDP datagrams out of a network
 * namespace, one receives them, this one adds, removes, moves and replaces programs by libbpfd.
 * Usage: traffic NETNS ADDRESS PORT PACKETS CHANGES HOOK CONFIG PROGRAM...
 *	CONFIG: a manifest with one program on the hook, in which a first and a second %d stand for
 *its priority and a global, other numbers each time; PROGRAM...: loaded, to be attached and
 *detached. Prints "sent N received N changes N", once there were PACKETS and CHANGES at least. No
 *datagram is sent while 128 are under way; one that is under way for five seconds is lost. Exit 0,
 *or 1. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bpfd/bpfd.h"

#define WINDOW	  128
#define LOST_MS	  5000
#define PROGRAMS  16
#define TEXT_SIZE 65536

/* Shared by the three processes. */
struct counts {
	_Atomic long sent;
	_Atomic long received;
	_Atomic bool is_over;
};

struct wish {
	const char *netns;
	struct sockaddr_in to;
	long packets;
	long changes;
	const char *hook;
	char config[TEXT_SIZE];
	char **programs;
	int n_programs;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void receive(const struct wish *wish, struct counts *counts)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = wish->to.sin_port};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 8 << 20;
	char byte;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die("bind");
	for (;;)
		if (recv(fd, &byte, 1, 0) >= 0)
			atomic_fetch_add(&counts->received, 1);
}

static bool wait_for_room(struct counts *counts)
{
	for (int ms = 0; ms < LOST_MS; ms++) {
		for (int i = 0; i < 50; i++) {
			if (atomic_load(&counts->sent) - atomic_load(&counts->received) < WINDOW)
				return true;
			sched_yield();
		}
		usleep(1000);
	}
	return false;
}

static void send_all(const struct wish *wish, struct counts *counts)
{
	int netns = open(wish->netns, O_RDONLY | O_CLOEXEC), fd, one = 1;

	if (netns < 0 || setns(netns, CLONE_NEWNET) < 0)
		die("setns");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	while (!atomic_load(&counts->is_over)) {
		if (!wait_for_room(counts))
			break;
		if (sendto(fd, "traffic, traffic!!", 18, 0, (const struct sockaddr *)&wish->to,
			   sizeof(wish->to)) < 0)
			die("sendto");
		atomic_fetch_add(&counts->sent, 1);
	}
	exit(0);
}

static pid_t start(void (*run)(const struct wish *, struct counts *), const struct wish *wish,
		   struct counts *counts)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	run(wish, counts);
	exit(0);
}

static int complain(const struct bpfd_conn *conn, const char *what)
{
	fprintf(stderr, "%s: %s\n%s\n", what, bpfd_error_text(conn), bpfd_error_hint(conn));
	return 1;
}

/* Put the program of the manifest elsewhere, as another version of itself. */
static int apply(const struct wish *wish, struct bpfd_conn *conn)
{
	char text[TEXT_SIZE];
	struct bpfd_manifest manifest = {.size = sizeof(manifest), .text = text, .file_name = "-"};
	struct bpfd_changes *changes = NULL;
	int r;

	manifest.len =
		(size_t)snprintf(text, sizeof(text), wish->config, rand() % 1000, rand() % 3 + 1);
	r = bpfd_config_apply(conn, &manifest, false, &changes);
	bpfd_changes_free(changes);
	return r < 0 ? complain(conn, "apply") : 0;
}

static int toggle(const struct wish *wish, struct bpfd_conn *conn, bool *is_there)
{
	int i = rand() % wish->n_programs;
	struct bpfd_attach_opts there = {.size = sizeof(there),
					 .program = wish->programs[i],
					 .hook = wish->hook,
					 .has_priority = true,
					 .priority = (uint32_t)(rand() % 1000)};
	struct bpfd_detach_opts gone = {.size = sizeof(gone), .program = wish->programs[i]};
	struct bpfd_links *links = NULL;
	int r = is_there[i] ? bpfd_link_detach(conn, &gone, NULL, NULL)
			    : bpfd_link_attach(conn, &there, &links);

	bpfd_links_free(links);
	if (r < 0)
		return complain(conn, wish->programs[i]);
	is_there[i] = !is_there[i];
	return 0;
}

static int change(const struct wish *wish, const struct counts *counts, pid_t sender)
{
	struct bpfd_conn *conn = NULL;
	bool is_there[PROGRAMS] = {false};
	long changes = 0;
	int r = bpfd_open(NULL, &conn);

	while (r == 0 &&
	       (changes < wish->changes || atomic_load(&counts->received) < wish->packets)) {
		r = changes % 4 == 3 ? apply(wish, conn) : toggle(wish, conn, is_there);
		changes++;
		if (waitpid(sender, NULL, WNOHANG) != 0) {
			fprintf(stderr, "datagrams were lost\n");
			r = 1;
		}
	}
	bpfd_close(conn);
	printf("changes %ld ", changes);
	return r;
}

static void read_config(const char *path, struct wish *wish)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(wish->config, 1, sizeof(wish->config) - 1, file) : 0;

	if (n == 0)
		die(path);
	fclose(file);
	wish->config[n] = '\0';
}

int main(int argc, char **argv)
{
	static struct wish wish;
	struct counts *counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t sender, receiver;
	int r;

	if (argc < 9 || argc - 8 > PROGRAMS || inet_pton(AF_INET, argv[2], &wish.to.sin_addr) != 1)
		return 2;
	wish.netns = argv[1];
	wish.to.sin_family = AF_INET;
	wish.to.sin_port = htons((in_port_t)atoi(argv[3]));
	wish.packets = atol(argv[4]);
	wish.changes = atol(argv[5]);
	wish.hook = argv[6];
	read_config(argv[7], &wish);
	wish.programs = argv + 8;
	wish.n_programs = argc - 8;
	receiver = start(receive, &wish, counts);
	usleep(100000);
	sender = start(send_all, &wish, counts);
	r = change(&wish, counts, sender);
	atomic_store(&counts->is_over, true);
	waitpid(sender, NULL, 0);
	for (int ms = 0;
	     ms < LOST_MS && atomic_load(&counts->received) < atomic_load(&counts->sent); ms++)
		usleep(1000);
	kill(receiver, SIGKILL);
	printf("sent %ld received %ld\n", atomic_load(&counts->sent),
	       atomic_load(&counts->received));
	return r != 0 || atomic_load(&counts->sent) != atomic_load(&counts->received);
}
