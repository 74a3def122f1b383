// SPDX-License-Identifier: Apache-2.0
/* Waits until a unix socket accepts a connection, or the process behind it has ended.
 * Usage: knock SOCKET PID TIMEOUT_MS; exit 0 accepted, 1 timeout, 3 the process has ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* An ended child of the calling shell stays a zombie until the shell waits for it. */
static int has_ended(pid_t pid)
{
	char path[64];
	char state = 'Z';

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 1;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state == 'Z';
}

static int accepts(const struct sockaddr_un *at)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int r = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)at, sizeof *at);

	if (fd >= 0)
		close(fd);
	return r == 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (argc != 4 || strlen(argv[1]) >= sizeof at.sun_path) {
		fprintf(stderr, "usage: knock SOCKET PID TIMEOUT_MS\n");
		return 2;
	}
	strcpy(at.sun_path, argv[1]);
	const pid_t pid = atoi(argv[2]);

	for (long left_ms = atol(argv[3]); left_ms > 0; left_ms -= 5) {
		if (accepts(&at))
			return 0;
		if (has_ended(pid)) {
			fprintf(stderr, "knock: process %d has ended\n", (int)pid);
			return 3;
		}
		usleep(5000);
	}
	fprintf(stderr, "knock: no answer on %s\n", argv[1]);
	return 1;
}
