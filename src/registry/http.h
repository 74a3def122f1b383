/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP with bounds: retries, resumed downloads, several at once. Knows nothing of registries. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct reason;

/* What is borrowed for the time of a call; bytes with their length. */
struct http_bytes {
	const char *data;
	size_t len;
};

/**
 * struct http_options - how hosts are reached; borrowed as long as the session lives.
 * @ca, @cert, @key: PEM; empty: the system's certificates, no client certificate.
 * @may_be_plain:    http:// is allowed, also after a redirect.
 * @skips_verify:    take any certificate.
 * @proxy, @no_proxy: as in $https_proxy and $no_proxy; NULL: none.
 * @deadline_ms:     for everything in this session together; 0: 120 s.
 */
struct http_options {
	struct http_bytes ca;
	struct http_bytes cert;
	struct http_bytes key;
	bool may_be_plain;
	bool skips_verify;
	const char *proxy;
	const char *no_proxy;
	unsigned int deadline_ms;
};

/**
 * struct http_request - everything borrowed.
 * @authorization: value of that header or NULL; never sent to another host than @url's.
 * @accept, @content_type: or NULL.
 * @body:   of POST, PUT, PATCH.
 * @max:    most bytes of the answer; more is -EFBIG.
 * @file:   where the answer's bytes go, from its start; -1: into memory. A download that breaks is
 *          resumed where it ended.
 */
struct http_request {
	const char *method;
	const char *url;
	const char *authorization;
	const char *accept;
	const char *content_type;
	struct http_bytes body;
	size_t max;
	int file;
};

/* What came; strings are NULL where the header was not there, and owned. */
struct http_answer {
	long status;
	char *data; /* NUL-terminated; NULL when it went into a file */
	size_t len;
	char *content_type;
	char *digest;	     /* docker-content-digest */
	char *location;	     /* of 201 and 202: where an upload goes on */
	char *authenticate;  /* www-authenticate; of several: the Bearer one */
	unsigned int wait_s; /* retry-after */
};

void http_answer_done(struct http_answer *answer);
#define _answer_ _cleanup_(http_answer_done)

struct http;

/* Return: 0, -ENOMEM. */
int http_new(const struct http_options *options, struct http **ret, struct reason *why);
void http_free(struct http *http);
void http_freep(struct http **http);
#define _http_ _cleanup_(http_freep)

/**
 * http_run() - @n requests at once.
 *
 * Connection trouble, 429 and 5xx are tried again, with growing pauses or after what the server
 * asks for; a status below 500 is an answer and no failure.
 *
 * Return: 0 (look at .status); -EHOSTUNREACH (name), -ECONNREFUSED, -ECONNRESET, -ETIMEDOUT (also:
 * too slow), -EPROTO (TLS: text has the reason), -EFBIG, -ENOSPC (@file), -ENOMEM.
 */
int http_run(struct http *http, const struct http_request *requests, struct http_answer *ret,
	     size_t n, struct reason *why);
