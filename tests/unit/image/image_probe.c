/* SPDX-License-Identifier: Apache-2.0 */
/* Plays the fork server's part for the shell tests of images: an opener and bpfd-image, nothing
 * else of the daemon. usage: image_probe BPFD-IMAGE LAYOUT [TAG [OUTPUT]] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/reason.h"
#include "forkserver/message.h"
#include "forkserver/opener.h"
#include "model/image_labels.h"
#include "model/object.h"

#define SOCKET_FD 3

static int start_opener(const char *layout)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		_exit(opener_run(pair[1], layout) == -EPIPE ? 0 : 1);
	}
	close(pair[1]);
	return pid < 0 ? -errno : pair[0];
}

static int start_parser(const char *path, pid_t *ret_pid)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		/* dup2() onto itself would keep the descriptor closing at exec. */
		int fd = pair[1] == SOCKET_FD ? dup(pair[1]) : pair[1];

		dup2(fd, SOCKET_FD);
		execl(path, path, NULL);
		_exit(127);
	}
	close(pair[1]);
	*ret_pid = pid;
	return pid < 0 ? -errno : pair[0];
}

static void print(const struct message *m, const char *output)
{
	struct image_labels labels;
	char digest[DIGEST_TEXT_SIZE];
	_free_ char *elf = NULL;
	size_t len;
	FILE *f;

	if (m->n_fds != 1 || fd_is_sealed(m->fds[0]) != 1 ||
	    digest_fd(m->fds[0], OBJECT_SIZE_MAX, digest) < 0 ||
	    image_labels_decode(m->data, m->len, &labels) < 0) {
		fprintf(stderr, "the answer is malformed\n");
		exit(3);
	}
	printf("digest %s\n", digest);
	if (labels.program_name)
		printf("program_name %s\n", labels.program_name);
	if (labels.kernel_version)
		printf("kernel_version %s\n", labels.kernel_version);
	for (size_t i = 0; i < labels.n_programs; i++)
		printf("program %s %s\n", labels.programs[i].entry, labels.programs[i].type);
	image_labels_done(&labels);
	if (!output)
		return;
	f = fopen(output, "we");
	if (!f || fd_read_all(m->fds[0], OBJECT_SIZE_MAX, &elf, &len) < 0 ||
	    fwrite(elf, 1, len, f) != len || fclose(f) != 0)
		exit(4);
}

static int ask(const char *parser, const char *layout, const char *tag, struct message *ret,
	       struct reason *why)
{
	_close_ int opener = start_opener(layout);
	_close_ int sock = -1;
	struct message hello;
	int r, status = 0;
	pid_t pid = -1;

	if (opener < 0)
		return fail(why, opener, "cannot start the opener");
	r = message_recv(opener, &hello, why);
	if (r < 0)
		return r;
	message_done(&hello);
	sock = start_parser(parser, &pid);
	if (sock < 0)
		return fail(why, sock, "cannot start the parser");
	r = message_send(
		sock,
		&(struct message_out){.data = tag, .len = strlen(tag), .fds = &opener, .n_fds = 1});
	if (r == 0)
		r = message_recv(sock, ret, why);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		return fail(why, -EBADMSG, "the parser was ended by signal %d", WTERMSIG(status));
	return r;
}

int main(int argc, char **argv)
{
	_message_ struct message m = {0};
	_reason_ struct reason why = {0};
	int r;

	if (argc < 3)
		return 2;
	r = ask(argv[1], argv[2], argc > 3 ? argv[3] : "", &m, &why);
	if (r < 0) {
		printf("error %s: %s\n", strerrorname_np(-r), why.text);
		return 1;
	}
	print(&m, argc > 4 ? argv[4] : NULL);
	return 0;
}
