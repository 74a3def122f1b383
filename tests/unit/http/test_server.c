/* SPDX-License-Identifier: Apache-2.0 */
/* The server against clients that are slow, many, large or malformed; TLS is in
 * tests/interop/webhook.sh. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ask.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "http/server.h"

#include <cmocka.h>

#define GET   "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define CLOSE "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define SLOW  300

static void echo(const struct http_request *request, struct http_answer *answer, void *userdata)
{
	(void)userdata;
	text_add(&answer->body, "%s %s %zu %s", request->method, request->path, request->len,
		 request->len < 64 ? request->body : "");
}

static int dispatch(void *server)
{
	return http_server_dispatch(server);
}

static struct asked start(unsigned int connections_max)
{
	const struct http_server_options options = {.at = "127.0.0.1:0",
						    .body_max = 100000,
						    .connections_max = connections_max,
						    .request_ms = SLOW,
						    .handle = echo};
	struct http_server *server = NULL;

	assert_int_equal(http_server_new(&options, &server, NULL), 0);
	return (struct asked){dispatch, server, http_server_fd(server), http_server_port(server)};
}

static void stop(struct asked *asked)
{
	http_server_free(asked->server);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *post(const struct asked *asked, size_t len)
{
	_text_ struct text request = {.data = NULL};
	_free_ char *body = malloc(len + 1);

	memset(body, 'a', len);
	text_add(&request,
		 "POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		 "Content-Length: %zu\r\n\r\n",
		 len);
	text_add_bytes(&request, body, len);
	return ask(asked, request.data, request.len);
}

static void bodies_are_whole_or_refused(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);
	_free_ char *small = post(&asked, 3), *full = post(&asked, 100000),
		    *large = post(&asked, 100001);

	(void)state;
	assert_non_null(strstr(small, "\r\n\r\nPOST /p 3 aaa"));
	assert_non_null(strstr(full, "\r\n\r\nPOST /p 100000 "));
	assert_memory_equal(large, "HTTP/1.1 413", 12);
}

static void a_body_of_unknown_length_is_cut_off_at_the_bound(void **state)
{
	static const char head[] =
		"POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	_cleanup_(stop) struct asked asked = start(0);
	_text_ struct text request = {.data = NULL};
	_free_ char *said = NULL;

	(void)state;
	text_add(&request, "%s", head);
	for (size_t i = 0; i < 101; i++)
		text_add(&request, "3e8\r\n%01000d\r\n", 0);
	text_add(&request, "0\r\n\r\n");
	said = ask(&asked, request.data, request.len);
	assert_true(!said || !*said);
}

static void what_is_no_http_is_refused_and_the_server_lives(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		{"rubbish\r\n\r\n", "HTTP/1."},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"}, /* no Host */
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 4"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1."},
	};
	_cleanup_(stop) struct asked asked = start(0);

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_free_ char *said = ask(&asked, rows[i].bytes, strlen(rows[i].bytes));
		_free_ char *after = ask(&asked, CLOSE, strlen(CLOSE));

		/* An answer or a closed connection, never a success. */
		assert_true(!said || !*said || strncmp(said, rows[i].want, 7) == 0);
		assert_true(!said || !strstr(said, " 200 "));
		assert_memory_equal(after, "HTTP/1.1 200", 12);
	}
}

static void a_header_above_the_bound_is_refused(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);
	_text_ struct text request = {.data = NULL};
	_free_ char *said = NULL;

	(void)state;
	text_add(&request, "GET / HTTP/1.1\r\nHost: x\r\nX: %0*d\r\n\r\n", HTTP_HEADER_MAX, 0);
	said = ask(&asked, request.data, request.len);
	assert_non_null(said);
	assert_memory_equal(said, "HTTP/1.1 4", 10);
}

static void an_idle_connection_is_closed(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);
	_text_ struct text said = {.data = NULL};
	_close_ int fd = ask_open(&asked);
	long begin = now_ms();

	(void)state;
	assert_true(ask_wait(&asked, fd, 10 * SLOW, &said));
	assert_in_range(now_ms() - begin, SLOW - 50, 5 * SLOW);
}

static void a_byte_now_and_then_buys_no_time(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);
	_text_ struct text said = {.data = NULL};
	_close_ int fd = ask_open(&asked);
	long begin = now_ms();
	bool is_closed = false;

	(void)state;
	for (const char *p = "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; *p && !is_closed;
	     p++) {
		send(fd, p, 1, MSG_NOSIGNAL);
		is_closed = ask_wait(&asked, fd, SLOW / 6, &said);
	}
	assert_true(is_closed);
	assert_in_range(now_ms() - begin, SLOW - 50, 5 * SLOW);
}

static void a_connection_that_asks_lives_on(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);
	_close_ int fd = ask_open(&asked);

	(void)state;
	for (int i = 0; i < 5; i++) {
		_text_ struct text said = {.data = NULL};

		assert_int_equal(send(fd, GET, strlen(GET), MSG_NOSIGNAL), strlen(GET));
		assert_false(ask_wait(&asked, fd, 5000, &said));
		assert_memory_equal(said.data, "HTTP/1.1 200", 12);
		said.len = 0;
		assert_false(ask_wait(&asked, fd, SLOW / 2, &said));
	}
}

static void more_connections_than_allowed_wait_for_their_turn(void **state)
{
	_cleanup_(stop) struct asked asked = start(4);
	_free_ char *last = NULL;
	long begin = now_ms();
	int held[8];

	(void)state;
	for (size_t i = 0; i < array_size(held); i++) {
		held[i] = ask_open(&asked);
		assert_true(held[i] >= 0);
	}
	last = ask(&asked, CLOSE, strlen(CLOSE));
	assert_memory_equal(last, "HTTP/1.1 200", 12);
	assert_in_range(now_ms() - begin, 2 * SLOW - 50, 10 * SLOW);
	for (size_t i = 0; i < array_size(held); i++)
		close(held[i]);
}

static size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void without_a_usable_certificate_nobody_is_let_in(void **state)
{
	const struct http_server_options options = {
		.at = "127.0.0.1:0", .is_tls = true, .handle = echo};
	_http_server_ struct http_server *server = NULL;
	_reason_ struct reason why = {.code = 0};
	struct asked asked = {.dispatch = dispatch};
	size_t before;

	(void)state;
	assert_int_equal(http_server_new(&options, &server, NULL), 0);
	asked.port = http_server_port(server);
	assert_int_equal(ask_open(&asked), -ECONNREFUSED);
	before = count_fds();
	for (int i = 0; i < 3; i++)
		assert_int_equal(http_server_set_certificate(server, "x", "y", &why), -EINVAL);
	assert_int_equal(count_fds(), before);
	assert_non_null(strstr(why.text, "certificate"));
	assert_int_equal(http_server_dispatch(server), 0);
}

static void a_server_without_tls_takes_no_certificate(void **state)
{
	_cleanup_(stop) struct asked asked = start(0);

	(void)state;
	assert_int_equal(http_server_set_certificate(asked.server, "x", "y", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_whole_or_refused),
		cmocka_unit_test(a_body_of_unknown_length_is_cut_off_at_the_bound),
		cmocka_unit_test(what_is_no_http_is_refused_and_the_server_lives),
		cmocka_unit_test(a_header_above_the_bound_is_refused),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_byte_now_and_then_buys_no_time),
		cmocka_unit_test(a_connection_that_asks_lives_on),
		cmocka_unit_test(more_connections_than_allowed_wait_for_their_turn),
		cmocka_unit_test(without_a_usable_certificate_nobody_is_let_in),
		cmocka_unit_test(a_server_without_tls_takes_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
