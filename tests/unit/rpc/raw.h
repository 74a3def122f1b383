/* SPDX-License-Identifier: Apache-2.0 */
/* A client without manners: sends any header fields and any bytes as a request. */
#pragma once

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"

#define NV(n, v)                                                                                   \
	{                                                                                          \
		(uint8_t *)(uintptr_t)(n), (uint8_t *)(uintptr_t)(v), strlen(n), strlen(v), 0      \
	}

/**
 * struct raw
 * @body:    what is sent as the request; @may_end: and whether it ends.
 * @status:  grpc-status, or :status when that is not 200, or 1000 + the HTTP/2 error.
 */
struct raw {
	int fd;
	nghttp2_session *h2;
	struct text body;
	size_t body_off;
	bool may_end;
	int status;
	bool is_closed;
};

/* A connected descriptor. */
int raw_connect(struct harness *h);

void raw_open(struct raw *raw, struct harness *h);
void raw_close(struct raw *raw);

/* Queue a request with the body. */
void raw_submit(struct raw *raw, const nghttp2_nv *nv, size_t n);

/* The same, and wait for its end. Return: @status, -EPIPE, -ETIMEDOUT (5 s). */
int raw_ask(struct raw *raw, const nghttp2_nv *nv, size_t n);

/* An echo, with this :authority (NULL: none). */
int raw_say(struct raw *raw, const char *authority);
