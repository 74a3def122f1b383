/* SPDX-License-Identifier: Apache-2.0 */
/* What the server's files share. */
#pragma once

#include <microhttpd.h>

#include "http/server.h"

/* @since_ms: when it came, or when its last request was completed. */
struct http_connection {
	int fd;
	uint64_t since_ms;
	struct http_connection *next;
	struct http_connection **link;
};

/**
 * struct http_server
 * @listen_fd: each daemon gets a duplicate, because it closes its own.
 * @daemon:    NULL with TLS and without a certificate.
 * @old:       has the certificate before this one, and connections but no socket to accept from.
 * @old_ms:    when it became old.
 * @held:      bytes of bodies of all connections.
 */
struct http_server {
	struct http_server_options options;
	int listen_fd;
	int epoll_fd;
	int timer_fd;
	struct MHD_Daemon *daemon;
	struct MHD_Daemon *old;
	uint64_t old_ms;
	struct http_connection *connections;
	size_t n_connections;
	size_t held;
};

/* CLOCK_MONOTONIC in milliseconds. */
uint64_t http_now_ms(void);

/* The callbacks of libmicrohttpd for a request (request.c). */
enum MHD_Result http_request_go_on(void *server, struct MHD_Connection *connection,
				   const char *path, const char *method, const char *version,
				   const char *data, size_t *len, void **state);
void http_request_end(void *server, struct MHD_Connection *connection, void **state,
		      enum MHD_RequestTerminationCode code);
