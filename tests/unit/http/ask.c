/* SPDX-License-Identifier: Apache-2.0 */
/* See ask.h. */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int ask_open(const struct asked *asked)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)asked->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

/* As a loop would: what the descriptor does not tell does not happen. */
static void serve(const struct asked *asked, int ms)
{
	struct pollfd p = {.fd = asked->fd, .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		asked->dispatch(asked->server);
}

bool ask_wait(const struct asked *asked, int fd, int ms, struct text *said)
{
	long end = now_ms() + ms;
	char buf[4096];
	ssize_t n = -1;

	do {
		serve(asked, 2);
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN && now_ms() < end);
	if (n > 0)
		text_add_bytes(said, buf, (size_t)n);
	return n == 0 || (n < 0 && errno != EAGAIN);
}

char *ask(const struct asked *asked, const char *request, size_t len)
{
	_text_ struct text said = {.data = NULL};
	_close_ int fd = ask_open(asked);
	ssize_t n;

	while (len > 0) {
		n = send(fd, request, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			break;
		request += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
		serve(asked, 2);
	}
	while (!ask_wait(asked, fd, 5000, &said))
		;
	return text_take(&said);
}
