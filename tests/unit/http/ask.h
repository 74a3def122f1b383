/* SPDX-License-Identifier: Apache-2.0 */
/* A client in the thread of the server that it asks: sends bytes, lets the server work, reads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* The server: its dispatch function with its object, run only when its descriptor @fd is readable,
 * and its port. */
struct asked {
	int (*dispatch)(void *server);
	void *server;
	int fd;
	unsigned int port;
};

/* A connection. Return: the descriptor or -errno. */
int ask_open(const struct asked *asked);

/* Let the server work for @ms at most, or until @fd says something or is closed; what it says is
 * appended. Return: whether it is closed. */
bool ask_wait(const struct asked *asked, int fd, int ms, struct text *said);

/* One request on a connection of its own that asks to be closed. Return: what was said; heap. */
char *ask(const struct asked *asked, const char *request, size_t len);
