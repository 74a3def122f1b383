/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP socket for a server, from an option's text. */
#pragma once

struct reason;

/**
 * listen_bind() - a bound TCP socket (O_CLOEXEC, O_NONBLOCK) that does not listen yet.
 * @at: "127.0.0.1:9464", "[::1]:9464", or ":9464" for all addresses, of IPv6 too where there is
 *      IPv6. Numbers only: nothing is looked up. Port 0: the kernel picks one.
 *
 * Return: the descriptor, -EINVAL (not such a text), or -errno of socket(2), bind(2).
 */
int listen_bind(const char *at, struct reason *why);

/* The port a socket is bound to. Return: it, or -errno of getsockname(2). */
int listen_port(int fd);
