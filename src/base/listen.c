/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from "ADDRESS:PORT" to a bound socket; accepts nothing. */
#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_len(const union address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
}

/* @host: without brackets; empty: all. Return: 0 or -EINVAL. */
static int set_host(const char *host, uint16_t port, union address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		return 0;
	}
	memset(ret, 0, sizeof(*ret));
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	return !*host || inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1 ? 0 : -EINVAL;
}

static int parse(const char *at, union address *ret)
{
	const char *colon = strrchr(at, ':');
	char host[INET6_ADDRSTRLEN + 2];
	uint64_t port;
	size_t n;

	if (!colon || text_parse_u64(colon + 1, UINT16_MAX, &port) < 0)
		return -EINVAL;
	n = (size_t)(colon - at);
	if (n >= 2 && at[0] == '[' && at[n - 1] == ']') {
		at++;
		n -= 2;
	} else if (memchr(at, ':', n)) {
		return -EINVAL;
	}
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, at, n);
	host[n] = '\0';
	return set_host(host, (uint16_t)port, ret);
}

static int bind_to(const union address *address)
{
	_close_ int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				IPPROTO_TCP);
	const int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	/* A restart need not wait for the old connections' TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	if (bind(fd, &address->any, address_len(address)) < 0)
		return -errno;
	return take_fd(&fd);
}

int listen_bind(const char *at, struct reason *why)
{
	union address address;
	int fd;

	if (parse(at, &address) < 0)
		return fail(why, -EINVAL,
			    "\"%.64s\" is no address to listen on: write ADDRESS:PORT with "
			    "numbers, [ADDRESS]:PORT for IPv6, or :PORT for all",
			    at);
	fd = bind_to(&address);
	/* A node without IPv6. */
	if ((fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) && at[0] == ':') {
		set_host("0.0.0.0", ntohs(address.v6.sin6_port), &address);
		fd = bind_to(&address);
	}
	return fd < 0 ? fail(why, fd, "cannot listen on %s: %s", at, strerror(-fd)) : fd;
}

int listen_port(int fd)
{
	union address address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, &address.any, &len) < 0)
		return -errno;
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}
