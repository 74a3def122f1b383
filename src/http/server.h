/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/1.1 server, with or without TLS: libmicrohttpd, without a thread, bounded, its
 * descriptor polled by the caller's loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct reason;
struct http_server;

/**
 * struct http_request - complete; borrowed until the handler returns.
 * @method: GET, HEAD, or POST when there is a body_max.
 * @path:   decoded, without the query.
 * @type:   Content-Type, "" when there is none.
 * @body:   NUL behind it; never NULL.
 */
struct http_request {
	const char *method;
	const char *path;
	const char *type;
	const char *body;
	size_t len;
};

/* @status: 200 when the handler begins. @type: static; text/plain when it begins. */
struct http_answer {
	unsigned int status;
	const char *type;
	struct text body;
};

typedef void http_handler(const struct http_request *request, struct http_answer *answer,
			  void *userdata);

/**
 * struct http_server_options
 * @at:              as listen_bind() takes it.
 * @is_tls:          serve once http_server_set_certificate() was called; until then connections
 *                   are refused. TLS 1.2 or newer.
 * @body_max:        0: GET and HEAD only.
 * @connections_max: 0: 64. More wait in the kernel's queue.
 * @request_ms:      a connection that completes no request that long is closed, whether its TLS
 *                   handshake, its header or its body is slow or it is idle; 0: 60 s.
 */
struct http_server_options {
	const char *at;
	bool is_tls;
	size_t body_max;
	unsigned int connections_max;
	unsigned int request_ms;
	http_handler *handle;
	void *userdata;
};

/* Bytes of a request's line and header together; more is answered with 431 or 414. */
#define HTTP_HEADER_MAX (32 * 1024)

/* Bytes of all bodies that are being received; above that connections are closed. */
#define HTTP_BODIES_MAX (32 * 1024 * 1024)

/* @options: what they point to is borrowed until this returns (@userdata: until the server is
 * freed). Return: 0, what listen_bind() says, -EOPNOTSUPP (a libmicrohttpd without TLS), -ENOMEM.
 */
int http_server_new(const struct http_server_options *options, struct http_server **ret,
		    struct reason *why);

/* Closes everything; accepts NULL. */
void http_server_free(struct http_server *server);

/**
 * http_server_set_certificate() - begin to serve, or serve new connections with another one.
 * @chain: PEM, the server's own certificate first.
 * @key:   PEM, without a password.
 *
 * Connections that are open keep the old one; they are closed after request_ms at the latest.
 * Return: 0, -EINVAL (unusable, or they do not belong together; the old one stays), -errno.
 */
int http_server_set_certificate(struct http_server *server, const char *chain, const char *key,
				struct reason *why);

/* The port it is bound to. */
unsigned int http_server_port(const struct http_server *server);

/* An epoll descriptor: poll it for reading, then dispatch. Borrowed. */
int http_server_fd(const struct http_server *server);

/* Handle what is there; never blocks. Return: 0, or -EIO when the server is broken. */
int http_server_dispatch(struct http_server *server);

#define _http_server_ _cleanup_(http_server_free_p)
static inline void http_server_free_p(struct http_server **server)
{
	http_server_free(*server);
}
