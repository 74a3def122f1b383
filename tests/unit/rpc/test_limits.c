/* SPDX-License-Identifier: Apache-2.0 */
/* The server against clients that are old, odd, greedy or hostile. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "harness.h"
#include "rpc/client.h"
#include "raw.h"
#include "rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

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
		_close_ int fd = raw_connect(*state);
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

static void a_full_socket_delays_nobody(void **state)
{
	const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, INT32_MAX};
	const nghttp2_nv nv[] = {NV(":method", "POST"), NV(":path", "/test.Echo/Count"),
				 NV("content-type", "application/grpc")};
	const struct rpc_request say = {"/test.Echo/Say", "x", 1, 5000};
	const struct rpc_server_options options = {.write_timeout_ms = 300};
	struct harness *h = harness_start(&options);
	_rpc_client_ struct rpc_client *client = NULL;
	struct rpc_reply reply;
	const uint8_t *data;
	struct raw raw;
	ssize_t n;

	(void)state;
	raw_open(&raw, h);
	nghttp2_submit_settings(raw.h2, NGHTTP2_FLAG_NONE, &window, 1);
	nghttp2_session_set_local_window_size(raw.h2, NGHTTP2_FLAG_NONE, 0, INT32_MAX);
	rpc_message_put(&raw.body, "9999999 10000", 13);
	raw_submit(&raw, nv, 3);
	while ((n = nghttp2_session_mem_send(raw.h2, &data)) > 0)
		assert_int_equal(send(raw.fd, data, (size_t)n, MSG_NOSIGNAL), n);
	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(rpc_client_call(client, &say, &reply, NULL), 0);
		free(reply.data);
	}
	assert_true(harness_stats(h).held_bytes < RPC_HIGH_WATER + 20000);
	/* And it is closed when it took nothing for too long; the other one is not. */
	assert_true(harness_wait_connections(h, 1));
	assert_int_equal(rpc_client_call(client, &say, &reply, NULL), 0);
	free(reply.data);
	raw_close(&raw);
	harness_stop(h);
}

/* In a process of its own that is not root: how many of @n connections are served. */
static int served_for_nobody(const char *path, int n)
{
	const struct rpc_request request = {"/test.Echo/Say", "x", 1, 5000};
	struct rpc_client *client = NULL;
	struct rpc_reply reply;
	int i, n_served = 0;

	if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (rpc_client_open(path, &client, NULL) < 0)
			return -1;
		if (rpc_client_call(client, &request, &reply, NULL) == 0)
			n_served++;
	}
	return n_served;
}

static void one_user_has_a_bounded_number_of_connections(void **state)
{
	const struct rpc_server_options options = {.connections_per_uid = 3};
	struct harness *h = harness_start(&options);
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(served_for_nobody(harness_path(h), 5));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_true(harness_wait_connections(h, 0));
	assert_int_equal(harness_stats(h).connections_refused, 2);
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
		cmocka_unit_test(a_full_socket_delays_nobody),
		cmocka_unit_test(one_user_has_a_bounded_number_of_connections),
		cmocka_unit_test(calls_outlive_a_freed_server),
	};

	return cmocka_run_group_tests_name("rpc/limits", tests, NULL, NULL);
}
