/* SPDX-License-Identifier: Apache-2.0 */
/* The server against clients that are old, odd, greedy or hostile. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "harness.h"
#include "rpc/client.h"
#include "rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NV(n, v)                                                                                   \
	{                                                                                          \
		(uint8_t *)(uintptr_t)(n), (uint8_t *)(uintptr_t)(v), strlen(n), strlen(v), 0      \
	}

/* A client without our client's manners; @status: grpc-status, or :status when it is not 200. */
struct raw {
	int fd;
	nghttp2_session *h2;
	struct text body;
	size_t body_off;
	bool may_end;
	int status;
	bool is_closed;
};

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

static int connect_to(struct harness *h)
{
	struct rpc_client *client = NULL;
	int fd;

	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	fd = dup(rpc_client_fd(client));
	rpc_client_close(client);
	return fd;
}

static void raw_open(struct raw *raw, struct harness *h)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;

	*raw = (struct raw){.fd = connect_to(h), .may_end = true};
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

static void raw_close(struct raw *raw)
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

static int raw_ask(struct raw *raw, const nghttp2_nv *nv, size_t n)
{
	const nghttp2_data_provider provider = {.read_callback = read_request};

	raw->status = -1;
	raw->is_closed = false;
	raw->body_off = 0;
	assert_true(nghttp2_submit_request(raw->h2, NULL, nv, n, &provider, NULL) > 0);
	return raw_run(raw);
}

static int raw_say(struct raw *raw, const char *authority)
{
	const nghttp2_nv nv[] = {
		NV(":method", "POST"),	       NV(":scheme", "http"),
		NV(":path", "/test.Echo/Say"), NV("content-type", "application/grpc+proto"),
		NV("te", "trailers"),	       NV(":authority", authority ? authority : "")};

	return raw_ask(raw, nv, authority ? 6 : 5);
}

static int setup(void **state)
{
	*state = harness_start(NULL);
	return 0;
}

static int teardown(void **state)
{
	harness_stop(*state);
	return 0;
}

static void all_forms_of_authority_pass(void **state)
{
	static const char *const forms[] = {"localhost", "/run/x.sock", "%2Frun%2Fx.sock",
					    "",		 NULL,		"@abstract"};
	struct raw raw;

	raw_open(&raw, *state);
	rpc_message_put(&raw.body, "x", 1);
	for (size_t i = 0; i < array_size(forms); i++)
		assert_int_equal(raw_say(&raw, forms[i]), RPC_OK);
	raw_close(&raw);
}

static void what_is_not_grpc_gets_an_http_status(void **state)
{
	const nghttp2_nv get[] = {NV(":method", "GET"), NV(":path", "/test.Echo/Say"),
				  NV("content-type", "application/grpc")};
	const nghttp2_nv json[] = {NV(":method", "POST"), NV(":path", "/test.Echo/Say"),
				   NV("content-type", "application/json")};
	const nghttp2_nv almost[] = {NV(":method", "POST"), NV(":path", "/test.Echo/Say"),
				     NV("content-type", "application/grpcx")};
	const nghttp2_nv nothing[] = {NV("x", "y")};
	struct raw raw;

	raw_open(&raw, *state);
	rpc_message_put(&raw.body, "x", 1);
	assert_int_equal(raw_ask(&raw, get, 3), 405);
	assert_int_equal(raw_ask(&raw, json, 3), 415);
	assert_int_equal(raw_ask(&raw, almost, 3), 415);
	assert_int_equal(raw_ask(&raw, nothing, 1), 405);
	assert_int_equal(raw_say(&raw, "localhost"), RPC_OK);
	raw_close(&raw);
}

static void malformed_bodies_are_refused_and_the_connection_lives(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		int want;
	} rows[] = {
		{"", 0, RPC_UNIMPLEMENTED},
		{"\0\0\0", 3, RPC_INTERNAL},
		{"\0\0\0\0\2x", 6, RPC_INTERNAL},
		{"\1\0\0\0\1x", 6, RPC_UNIMPLEMENTED},
		{"\7\0\0\0\1x", 6, RPC_INTERNAL},
		{"\0\0\0\0\1x\0", 7, RPC_UNIMPLEMENTED},
		{"\0\377\0\0\0", 5, RPC_RESOURCE_EXHAUSTED},
	};
	struct raw raw;

	raw_open(&raw, *state);
	for (size_t i = 0; i < array_size(rows); i++) {
		text_done(&raw.body);
		text_add_bytes(&raw.body, rows[i].body, rows[i].len);
		assert_int_equal(raw_say(&raw, "localhost"), rows[i].want);
	}
	raw_close(&raw);
	assert_int_equal(harness_stats(*state).held_bytes, 0);
}

static void a_refusal_does_not_wait_for_the_rest_of_the_request(void **state)
{
	struct raw raw;

	raw_open(&raw, *state);
	raw.may_end = false;
	text_add_bytes(&raw.body, "\0\377\377\377\377abc", 8);
	assert_int_equal(raw_say(&raw, "localhost"), RPC_RESOURCE_EXHAUSTED);
	raw_close(&raw);
}

static void a_long_header_list_is_refused(void **state)
{
	char value[3000];
	nghttp2_nv nv[] = {NV(":method", "POST"),
			   NV(":path", "/test.Echo/Say"),
			   NV("content-type", "application/grpc"),
			   NV("a", ""),
			   NV("b", ""),
			   NV("c", ""),
			   NV("d", ""),
			   NV("e", ""),
			   NV("f", "")};
	struct raw raw;

	memset(value, 'x', sizeof(value));
	for (int i = 3; i < 9; i++) {
		nv[i].value = (uint8_t *)value;
		nv[i].valuelen = sizeof(value);
	}
	raw_open(&raw, *state);
	rpc_message_put(&raw.body, "x", 1);
	assert_int_equal(raw_ask(&raw, nv, 9), RPC_RESOURCE_EXHAUSTED);
	assert_int_equal(raw_ask(&raw, nv, 8), RPC_OK);
	raw_close(&raw);
}

static void a_malformed_timeout_is_refused_and_a_short_one_expires(void **state)
{
	const nghttp2_nv bad[] = {NV(":method", "POST"), NV(":path", "/test.Echo/Say"),
				  NV("content-type", "application/grpc"),
				  NV("grpc-timeout", "soon")};
	const nghttp2_nv brief[] = {NV(":method", "POST"), NV(":path", "/test.Echo/Hang"),
				    NV("content-type", "application/grpc"),
				    NV("grpc-timeout", "50m")};
	struct raw raw;

	raw_open(&raw, *state);
	rpc_message_put(&raw.body, "x", 1);
	assert_int_equal(raw_ask(&raw, bad, 4), RPC_INTERNAL);
	assert_int_equal(raw_ask(&raw, brief, 4), RPC_DEADLINE_EXCEEDED);
	/* The deadline also ends a call whose request never becomes complete. */
	raw.may_end = false;
	assert_int_equal(raw_ask(&raw, brief, 4), RPC_DEADLINE_EXCEEDED);
	raw_close(&raw);
}

static void garbage_closes_only_its_own_connection(void **state)
{
	static const char *const prefaces[] = {
		"GET / HTTP/1.1\r\n\r\n", "\0\0\0\0",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGARBAGEGARBAGEGARBAGE",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\377\377\377\0\0\0\0\0\0",
		"\n\n\n\n\n\n\n\n\n\n\n"};
	_rpc_client_ struct rpc_client *client = NULL;
	const struct rpc_request request = {"/test.Echo/Say", "x", 1, 5000};
	struct rpc_reply reply;
	char byte[256];

	assert_int_equal(rpc_client_open(harness_path(*state), &client, NULL), 0);
	for (int i = 0; i < 200; i++) {
		const char *preface = prefaces[i % (int)array_size(prefaces)];
		_close_ int fd = connect_to(*state);
		size_t n = strlen(preface) > 4 ? strlen(preface) : 30;

		memset(byte, i, sizeof(byte));
		memcpy(byte, preface, strlen(preface));
		assert_true(send(fd, byte, n < 60 ? 60 : n, MSG_NOSIGNAL) > 0);
		while (recv(fd, byte, sizeof(byte), 0) > 0)
			;
	}
	assert_int_equal(rpc_client_call(client, &request, &reply, NULL), 0);
	free(reply.data);
	assert_true(harness_wait_connections(*state, 1));
	assert_true(harness_stats(*state).connections_broken > 0);
}

static void many_connections_come_and_go(void **state)
{
	const struct rpc_request request = {"/test.Echo/Say", "x", 1, 10000};
	struct rpc_client *clients[400];
	struct rpc_reply reply;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < array_size(clients); i++)
			assert_int_equal(rpc_client_open(harness_path(*state), &clients[i], NULL),
					 0);
		for (size_t i = 0; i < array_size(clients); i++) {
			/* Only uid 0 may have that many. */
			if (rpc_client_call(clients[i], &request, &reply, NULL) == 0)
				free(reply.data);
			else
				assert_true(getuid() != 0);
		}
		for (size_t i = 0; i < array_size(clients); i++)
			rpc_client_close(clients[i]);
	}
	assert_true(harness_wait_connections(*state, 0));
	assert_int_equal(harness_stats(*state).calls_running, 0);
}

static void connections_above_the_limit_are_closed(void **state)
{
	const struct rpc_server_options options = {.connections_max = 3};
	struct harness *h = harness_start(&options);
	const struct rpc_request request = {"/test.Echo/Say", "x", 1, 5000};
	struct rpc_client *clients[5];
	struct rpc_reply reply;
	int n = 0;

	(void)state;
	for (size_t i = 0; i < array_size(clients); i++) {
		assert_int_equal(rpc_client_open(harness_path(h), &clients[i], NULL), 0);
		if (rpc_client_call(clients[i], &request, &reply, NULL) < 0)
			continue;
		free(reply.data);
		n++;
	}
	assert_int_equal(n, 3);
	assert_int_equal(harness_stats(h).connections_refused, 2);
	for (size_t i = 0; i < array_size(clients); i++)
		rpc_client_close(clients[i]);
	harness_stop(h);
}

static void what_one_connection_queues_is_bounded(void **state)
{
	const struct rpc_server_options options = {.held_per_connection = 1 << 20};
	struct harness *h = harness_start(&options);
	_free_ char *data = calloc(1, 300000);
	const struct rpc_request request = {"/test.Echo/Hang", data, 300000, 5000};
	struct rpc_stream *streams[6];
	struct rpc_client *client;
	struct rpc_reply reply;
	int r, n_refused = 0;

	(void)state;
	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	for (size_t i = 0; i < array_size(streams); i++) {
		assert_int_equal(rpc_client_start(client, &request, &streams[i], NULL), 0);
		r = rpc_client_read(streams[i], 100, &reply, NULL);
		n_refused += r == -ENOMEM;
		assert_true(r == -EAGAIN || r == -ENOMEM);
	}
	assert_int_equal(n_refused, 3);
	for (size_t i = 0; i < array_size(streams); i++)
		rpc_client_cancel(streams[i]);
	rpc_client_close(client);
	assert_true(harness_wait_connections(h, 0));
	assert_int_equal(harness_stats(h).held_bytes, 0);
	harness_stop(h);
}

static void who_takes_nothing_is_closed(void **state)
{
	const struct rpc_server_options options = {.write_timeout_ms = 100};
	struct harness *h = harness_start(&options);
	struct rpc_client *client;
	const struct rpc_request request = {"/test.Echo/Count", "100000 10000", 12, -1};
	struct rpc_stream *stream;
	struct rpc_reply reply;

	(void)state;
	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	free(reply.data);
	assert_true(harness_wait_connections(h, 0));
	assert_int_equal(harness_stats(h).connections_broken, 1);
	assert_int_equal(harness_stats(h).calls_running, 0);
	rpc_client_cancel(stream);
	rpc_client_close(client);
	harness_stop(h);
}

static void calls_outlive_a_freed_server(void **state)
{
	struct harness *h = harness_start(NULL);
	const struct rpc_request request = {"/test.Echo/Keep", "", 0, -1};
	struct rpc_stream *stream;
	struct rpc_client *client;
	struct rpc_reply reply;

	(void)state;
	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 30, &reply, NULL), -EAGAIN);
	harness_stop(h);
	rpc_client_cancel(stream);
	rpc_client_close(client);
}

#define with_server(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_server(all_forms_of_authority_pass),
		with_server(what_is_not_grpc_gets_an_http_status),
		with_server(malformed_bodies_are_refused_and_the_connection_lives),
		with_server(a_refusal_does_not_wait_for_the_rest_of_the_request),
		with_server(a_long_header_list_is_refused),
		with_server(a_malformed_timeout_is_refused_and_a_short_one_expires),
		with_server(garbage_closes_only_its_own_connection),
		with_server(many_connections_come_and_go),
		cmocka_unit_test(connections_above_the_limit_are_closed),
		cmocka_unit_test(what_one_connection_queues_is_bounded),
		cmocka_unit_test(who_takes_nothing_is_closed),
		cmocka_unit_test(calls_outlive_a_freed_server),
	};

	return cmocka_run_group_tests_name("rpc/limits", tests, NULL, NULL);
}
