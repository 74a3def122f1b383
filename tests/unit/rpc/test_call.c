/* SPDX-License-Identifier: Apache-2.0 */
/* Our client against our server: calls, streams, ends. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "harness.h"
#include "rpc/client.h"

/* Behind base/reason.h: cmocka has a macro fail() too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct rpc_client *open_client(struct harness *h)
{
	struct rpc_client *client = NULL;

	assert_int_equal(rpc_client_open(harness_path(h), &client, NULL), 0);
	return client;
}

static struct rpc_request request_for(const char *path, const char *data)
{
	return (struct rpc_request){path, data, strlen(data), 10000};
}

static char *ask(struct rpc_client *client, const char *path, const char *data)
{
	const struct rpc_request request = request_for(path, data);
	struct rpc_reply reply = {0};
	struct reason why = {0};

	if (rpc_client_call(client, &request, &reply, &why) < 0)
		fail_msg("%s: %s", path, why.text);
	return reply.data;
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

static void calls_of_all_sizes_are_echoed(void **state)
{
	static const size_t sizes[] = {0, 1, 5, 16379, 16384, 65536, 300000, 4 << 20};
	_rpc_client_ struct rpc_client *client = open_client(*state);

	for (size_t i = 0; i < array_size(sizes); i++) {
		_free_ char *data = malloc(sizes[i] + 1);
		const struct rpc_request request = {"/test.Echo/Say", data, sizes[i], 10000};
		struct rpc_reply reply = {0};

		memset(data, 'a' + (int)i, sizes[i]);
		assert_int_equal(rpc_client_call(client, &request, &reply, NULL), 0);
		assert_int_equal(reply.len, sizes[i]);
		assert_memory_equal(reply.data, data, sizes[i]);
		free(reply.data);
	}
}

static void the_handler_knows_who_calls(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_free_ char *who = ask(client, "/test.Echo/Who", "");
	char want[96];

	snprintf(want, sizeof(want), "%u %u %d", getuid(), getgid(), getgroups(0, NULL));
	assert_string_equal(who, want);
}

static void an_error_arrives_with_errno_hint_and_the_end_of_the_detail(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	const struct rpc_request request = request_for("/test.Echo/Fail", "16");
	_reason_ struct reason why = {0};
	struct rpc_reply reply;
	size_t n;

	assert_int_equal(rpc_client_call(client, &request, &reply, &why), -EBUSY);
	assert_int_equal(rpc_client_code(client), RPC_FAILED_PRECONDITION);
	assert_int_equal(why.code, -EBUSY);
	assert_string_equal(why.text, "für \"uid\" 100% nein");
	assert_string_equal(why.hint, "try 'größer'");
	n = strlen(why.detail);
	assert_true(n > 40000);
	assert_string_equal(why.detail + n - 8, "the end\n");
}

static void an_errno_without_a_code_arrives_exactly(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	const struct rpc_request request = request_for("/test.Echo/Fail", "93");
	_reason_ struct reason why = {0};
	struct rpc_reply reply;

	assert_int_equal(rpc_client_call(client, &request, &reply, &why), -EPROTONOSUPPORT);
	assert_int_equal(rpc_client_code(client), RPC_UNIMPLEMENTED);
}

static void an_unknown_method_is_unimplemented(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	const struct rpc_request request = request_for("/test.Echo/Nothing", "");
	_reason_ struct reason why = {0};
	struct rpc_reply reply;

	assert_int_equal(rpc_client_call(client, &request, &reply, &why), -EOPNOTSUPP);
	assert_string_equal(why.text, "no such method on this socket");
}

static unsigned int read_all(struct rpc_stream *stream, size_t size, int *ret)
{
	struct rpc_reply reply;
	unsigned int n = 0;

	while ((*ret = rpc_client_read(stream, -1, &reply, NULL)) == 1) {
		assert_int_equal(reply.len, size);
		free(reply.data);
		n++;
	}
	return n;
}

static void a_stream_comes_whole(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Count", "100000 20");
	int r;

	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(read_all(stream, 20, &r), 100000);
	assert_int_equal(r, 0);
	assert_int_equal(rpc_client_read(stream, -1, NULL, NULL), 0);
}

static void a_slow_reader_costs_bounded_memory_and_delays_nobody(void **state)
{
	_rpc_client_ struct rpc_client *slow = open_client(*state);
	_rpc_client_ struct rpc_client *other = open_client(*state);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Count", "4000 10000");
	struct rpc_reply reply;
	int r;

	assert_int_equal(rpc_client_start(slow, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	free(reply.data);
	for (int i = 0; i < 200; i++)
		free(ask(other, "/test.Echo/Say", "hello"));
	assert_true(harness_stats(*state).held_bytes < RPC_HIGH_WATER + 20000);
	free(ask(slow, "/test.Echo/Say", "beside the stream"));
	assert_int_equal(read_all(stream, 10000, &r), 3999);
	assert_int_equal(r, 0);
}

static void a_read_that_may_not_wait_says_again(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Hold", "");
	struct rpc_reply reply;

	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 0, &reply, NULL), -EAGAIN);
	assert_int_equal(rpc_client_read(stream, 30, &reply, NULL), -EAGAIN);
	free(ask(client, "/test.Echo/Release", ""));
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	assert_memory_equal(reply.data, "released", 8);
	free(reply.data);
}

static void calls_of_other_connections_are_answered_later(void **state)
{
	_rpc_client_ struct rpc_client *a = open_client(*state);
	_rpc_client_ struct rpc_client *b = open_client(*state);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Hold", "");
	struct rpc_reply reply;

	assert_int_equal(rpc_client_start(a, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 30, &reply, NULL), -EAGAIN);
	free(ask(b, "/test.Echo/Release", ""));
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	free(reply.data);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 0);
}

/* Wait until one call has hung and ended. @ret: why, as text. */
static void wait_hung(struct rpc_client *client, int *ret)
{
	unsigned int n = 0;

	for (int i = 0; i < 500 && n == 0; i++) {
		_free_ char *hung = ask(client, "/test.Echo/Hung", "");

		assert_int_equal(sscanf(hung, "%u %d", &n, ret), 2);
		usleep(10000);
	}
	assert_int_equal(n, 1);
}

static void a_deadline_ends_the_call_on_both_sides(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	struct rpc_request request = request_for("/test.Echo/Hang", "");
	struct rpc_reply reply;
	int why;

	request.timeout_ms = 100;
	assert_int_equal(rpc_client_call(client, &request, &reply, NULL), -ETIMEDOUT);
	assert_int_equal(rpc_client_code(client), RPC_DEADLINE_EXCEEDED);
	wait_hung(client, &why);
	/* The client's reset may arrive before the server's own timer. */
	assert_true(why == -ETIMEDOUT || why == -ECANCELED);
}

static void a_cancel_reaches_the_handler(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	const struct rpc_request request = request_for("/test.Echo/Hang", "");
	struct rpc_stream *stream;
	struct rpc_reply reply;
	int why;

	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 20, &reply, NULL), -EAGAIN);
	rpc_client_cancel(stream);
	wait_hung(client, &why);
	assert_int_equal(why, -ECANCELED);
}

static void a_disconnect_reaches_the_handler(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	struct rpc_client *gone = open_client(*state);
	const struct rpc_request request = request_for("/test.Echo/Hang", "");
	struct rpc_stream *stream;
	struct rpc_reply reply;
	int why;

	assert_int_equal(rpc_client_start(gone, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 20, &reply, NULL), -EAGAIN);
	close(rpc_client_fd(gone));
	wait_hung(client, &why);
	assert_int_equal(why, -ECANCELED);
	rpc_client_cancel(stream);
	rpc_client_close(gone);
}

static void ignore(void *userdata)
{
	*(int *)userdata = 1;
}

static int is_done;

static void shut_down(struct rpc_server *server, void *userdata)
{
	(void)userdata;
	rpc_server_shutdown(server, 3000, ignore, &is_done);
}

static void get_done(struct rpc_server *server, void *userdata)
{
	(void)server;
	*(int *)userdata = is_done;
}

static void shutdown_lets_calls_end_and_refuses_new_connections(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_rpc_client_ struct rpc_client *idle = open_client(*state), *late = NULL;
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Count", "3000 10000");
	const struct rpc_request say = request_for("/test.Echo/Say", "");
	struct rpc_reply reply;
	int r, done = 0;

	free(ask(idle, "/test.Echo/Say", ""));
	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	free(reply.data);
	is_done = 0;
	harness_run(*state, shut_down, NULL);
	assert_int_equal(read_all(stream, 10000, &r), 2999);
	assert_int_equal(r, 0);
	assert_int_equal(rpc_client_open(harness_path(*state), &late, NULL), -ECONNREFUSED);
	assert_int_equal(rpc_client_call(idle, &say, &reply, NULL), -EPIPE);
	assert_int_equal(rpc_client_call(client, &say, &reply, NULL), -EPIPE);
	assert_true(harness_wait_connections(*state, 0));
	harness_run(*state, get_done, &done);
	assert_int_equal(done, 1);
}

static void short_grace(struct rpc_server *server, void *userdata)
{
	(void)userdata;
	rpc_server_shutdown(server, 50, NULL, NULL);
}

static void the_grace_of_shutdown_ends(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Hang", "");
	_reason_ struct reason why = {0};
	struct rpc_reply reply;

	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 20, &reply, NULL), -EAGAIN);
	harness_run(*state, short_grace, NULL);
	assert_int_equal(rpc_client_read(stream, -1, &reply, &why), -EAGAIN);
	assert_int_equal(rpc_client_code(client), RPC_UNAVAILABLE);
	assert_true(harness_wait_connections(*state, 0));
}

static void not_serving(struct rpc_server *server, void *userdata)
{
	assert_int_equal(rpc_server_set_health(server, userdata, false), 0);
}

static void health_is_checked_and_watched(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	_rpc_stream_ struct rpc_stream *watch = NULL;
	const struct rpc_request request = request_for("/grpc.health.v1.Health/Watch", "\n\1x");
	const struct rpc_request unknown = request_for("/grpc.health.v1.Health/Check", "\n\1y");
	_free_ char *check = ask(client, "/grpc.health.v1.Health/Check", "");
	struct rpc_reply reply;

	assert_memory_equal(check, "\10\1", 2);
	assert_int_equal(rpc_client_call(client, &unknown, &reply, NULL), -ENOENT);
	assert_int_equal(rpc_client_start(client, &request, &watch, NULL), 0);
	assert_int_equal(rpc_client_read(watch, -1, &reply, NULL), 1);
	assert_memory_equal(reply.data, "\10\3", 2);
	free(reply.data);
	harness_run(*state, not_serving, (void *)(uintptr_t) "x");
	assert_int_equal(rpc_client_read(watch, -1, &reply, NULL), 1);
	assert_memory_equal(reply.data, "\10\2", 2);
	free(reply.data);
}

static void an_idle_server_never_wakes_up(void **state)
{
	_rpc_client_ struct rpc_client *client = open_client(*state);
	uint64_t before;

	for (int i = 0; i < 10; i++)
		free(ask(client, "/test.Echo/Say", "x"));
	usleep(20000);
	before = harness_wakeups(*state);
	usleep(300000);
	assert_int_equal(harness_wakeups(*state) - before, 0);
}

static void a_server_that_goes_is_a_broken_pipe(void **state)
{
	struct harness *own = harness_start(NULL);
	_rpc_client_ struct rpc_client *client = open_client(own);
	_rpc_stream_ struct rpc_stream *stream = NULL;
	const struct rpc_request request = request_for("/test.Echo/Hang", "");
	_reason_ struct reason why = {0};
	struct rpc_reply reply;

	(void)state;
	assert_int_equal(rpc_client_start(client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, 20, &reply, NULL), -EAGAIN);
	harness_stop(own);
	assert_int_equal(rpc_client_read(stream, -1, &reply, &why), -EPIPE);
	assert_int_equal(rpc_client_call(client, &request, &reply, NULL), -EPIPE);
}

static void opening_says_what_is_wrong(void **state)
{
	struct rpc_client *client = NULL;
	_reason_ struct reason why = {0};
	char longer[200];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(rpc_client_open("/nonexistent/sock", &client, &why), -ENOENT);
	assert_string_equal(why.text,
			    "cannot connect to /nonexistent/sock: No such file or directory");
	assert_int_equal(rpc_client_open(longer, &client, NULL), -ENAMETOOLONG);
	assert_int_equal(rpc_client_open("", &client, NULL), -ENAMETOOLONG);
}

#define with_server(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_server(calls_of_all_sizes_are_echoed),
		with_server(the_handler_knows_who_calls),
		with_server(an_error_arrives_with_errno_hint_and_the_end_of_the_detail),
		with_server(an_errno_without_a_code_arrives_exactly),
		with_server(an_unknown_method_is_unimplemented),
		with_server(a_stream_comes_whole),
		with_server(a_slow_reader_costs_bounded_memory_and_delays_nobody),
		with_server(a_read_that_may_not_wait_says_again),
		with_server(calls_of_other_connections_are_answered_later),
		with_server(a_deadline_ends_the_call_on_both_sides),
		with_server(a_cancel_reaches_the_handler),
		with_server(a_disconnect_reaches_the_handler),
		with_server(shutdown_lets_calls_end_and_refuses_new_connections),
		with_server(the_grace_of_shutdown_ends),
		with_server(health_is_checked_and_watched),
		with_server(an_idle_server_never_wakes_up),
		cmocka_unit_test(a_server_that_goes_is_a_broken_pipe),
		cmocka_unit_test(opening_says_what_is_wrong),
	};

	return cmocka_run_group_tests_name("rpc/call", tests, NULL, NULL);
}
