// SPDX-License-Identifier: Apache-2.0
/* Asks the socket of maps for a descriptor and says what came, down to the kind of every one.
 * Usage: askmap SOCKET REF read | write | FLAGS; exit 0 a map, 1 refused, 2 something else. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/maps_socket.h"

enum { FDS_MAX = 8 };

/* "anon_inode:bpf-map", and whether it may be written. */
static int describe(int fd)
{
	char path[64];
	char target[128] = "";
	const int mode = fcntl(fd, F_GETFL) & O_ACCMODE;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (readlink(path, target, sizeof target - 1) < 0)
		return -1;
	printf("%s %s\n", target, mode == O_RDONLY ? "read-only" : "writable");
	return strcmp(target, "anon_inode:bpf-map");
}

static int describe_all(struct msghdr *msg)
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int fds[FDS_MAX];
		const size_t len = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_type != SCM_RIGHTS || len > sizeof fds)
			return -1;
		memcpy(fds, CMSG_DATA(c), len);
		for (size_t i = 0; i < len / sizeof(int); i++, n++)
			if (describe(fds[i]) != 0)
				return -1;
	}
	return n;
}

static int ask(int sock, const char *ref, unsigned flags, struct maps_reply *reply)
{
	struct maps_request rq = {
		.magic = MAPS_SOCKET_MAGIC, .version = MAPS_SOCKET_VERSION, .flags = flags};
	char control[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct iovec iov = {reply, sizeof *reply};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof control};

	snprintf(rq.ref, sizeof rq.ref, "%s", ref);
	if (send(sock, &rq, sizeof rq, MSG_NOSIGNAL) != sizeof rq)
		return -1;
	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != sizeof *reply)
		return -1;
	return describe_all(&msg);
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct maps_reply reply;
	const int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	unsigned flags;
	int n;

	if (argc != 4 || strlen(argv[1]) >= sizeof at.sun_path)
		return 2;
	strcpy(at.sun_path, argv[1]);
	flags = (unsigned)strtoul(argv[3], NULL, 0);
	if (strcmp(argv[3], "write") == 0)
		flags = MAPS_SOCKET_WANT_WRITE;
	if (sock < 0 || connect(sock, (struct sockaddr *)&at, sizeof at) < 0) {
		perror(argv[1]);
		return 2;
	}
	n = ask(sock, argv[2], flags, &reply);
	if (n < 0 || (reply.error == 0) != (n == 1)) {
		fprintf(stderr, "no proper answer: %d descriptors\n", n);
		return 2;
	}
	if (reply.error == 0)
		return 0;
	fprintf(stderr, "error: %s\nhint: %s\n", reply.text, reply.hint);
	return 1;
}
