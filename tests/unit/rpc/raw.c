/* SPDX-License-Identifier: Apache-2.0 */
/* nghttp2 without our client around it, its own checks off. */
#include "raw.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/reason.h"
#include "rpc/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *userdata)
{
	struct raw *raw = userdata;

	(void)h2, (void)frame, (void)name_len, (void)value_len, (void)flags;
	if (strcmp((const char *)name, "grpc-status") == 0)
		raw->status = atoi((const char *)value);
	if (strcmp((const char *)name, ":status") == 0 && strcmp((const char *)value, "200") != 0)
		raw->status = atoi((const char *)value);
	return 0;
}

static int on_close(nghttp2_session *h2, int32_t stream, uint32_t error, void *userdata)
{
	struct raw *raw = userdata;

	(void)h2, (void)stream;
	if (raw->status < 0)
		raw->status = 1000 + (int)error;
	raw->is_closed = true;
	return 0;
}

static ssize_t read_request(nghttp2_session *h2, int32_t stream, uint8_t *buf, size_t length,
			    uint32_t *flags, nghttp2_data_source *source, void *userdata)
{
	struct raw *raw = userdata;
	size_t n = raw->body.len - raw->body_off;

	(void)h2, (void)stream, (void)source;
	n = n < length ? n : length;
	memcpy(buf, raw->body.data + raw->body_off, n);
	raw->body_off += n;
	if (raw->body_off == raw->body.len) {
		if (!raw->may_end && n == 0)
			return NGHTTP2_ERR_DEFERRED;
		if (raw->may_end)
			*flags |= NGHTTP2_DATA_FLAG_EOF;
	}
	return (ssize_t)n;
}

int raw_connect(struct harness *h)
{
	struct rpc_client *client = NULL;
	int fd;

	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	fd = dup(rpc_client_fd(client));
	rpc_client_close(client);
	return fd;
}

void raw_open(struct raw *raw, struct harness *h)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;

	*raw = (struct raw){.fd = raw_connect(h), .may_end = true};
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_option_new(&option);
	nghttp2_option_set_no_http_messaging(option, 1);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_client_new2(&raw->h2, callbacks, raw, option);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	nghttp2_submit_settings(raw->h2, NGHTTP2_FLAG_NONE, NULL, 0);
}

void raw_close(struct raw *raw)
{
	nghttp2_session_del(raw->h2);
	close(raw->fd);
	text_done(&raw->body);
}

/* Send and receive until the stream is closed, the server hangs up, or 5 s have passed. */
static int raw_run(struct raw *raw)
{
	struct pollfd p = {.fd = raw->fd};
	const uint8_t *data;
	uint8_t input[16384];
	ssize_t n;

	while (!raw->is_closed) {
		while ((n = nghttp2_session_mem_send(raw->h2, &data)) > 0)
			if (send(raw->fd, data, (size_t)n, MSG_NOSIGNAL) != n)
				return -EPIPE;
		p.events = POLLIN;
		if (poll(&p, 1, 5000) <= 0)
			return -ETIMEDOUT;
		n = recv(raw->fd, input, sizeof(input), 0);
		if (n <= 0)
			return -EPIPE;
		assert_true(nghttp2_session_mem_recv(raw->h2, input, (size_t)n) >= 0);
	}
	return raw->status;
}

void raw_submit(struct raw *raw, const nghttp2_nv *nv, size_t n)
{
	const nghttp2_data_provider provider = {.read_callback = read_request};

	raw->status = -1;
	raw->is_closed = false;
	raw->body_off = 0;
	assert_true(nghttp2_submit_request(raw->h2, NULL, nv, n, &provider, NULL) > 0);
}

int raw_ask(struct raw *raw, const nghttp2_nv *nv, size_t n)
{
	raw_submit(raw, nv, n);
	return raw_run(raw);
}

int raw_say(struct raw *raw, const char *authority)
{
	const nghttp2_nv nv[] = {
		NV(":method", "POST"),	       NV(":scheme", "http"),
		NV(":path", "/test.Echo/Say"), NV("content-type", "application/grpc+proto"),
		NV("te", "trailers"),	       NV(":authority", authority ? authority : "")};

	return raw_ask(raw, nv, authority ? 6 : 5);
}
