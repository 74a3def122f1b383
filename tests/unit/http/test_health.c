/* SPDX-License-Identifier: Apache-2.0 */
/* What probes and Prometheus get. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "http/health.h"
#include "http/openmetrics.h"

#include <cmocka.h>

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void collect(void *userdata, struct text *out)
{
	const struct metric row = {"m", "h", METRIC_GAUGE, NULL, 0, *(const int *)userdata};

	openmetrics_add(out, &row, 1);
}

static int dispatch(void *server)
{
	return health_dispatch(server);
}

struct fixture {
	int value;
	struct health *health;
	struct asked asked;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct health_options options = {"127.0.0.1:0", collect, &f->value};

	assert_int_equal(health_new(&options, &f->health, NULL), 0);
	f->asked =
		(struct asked){dispatch, f->health, health_fd(f->health), health_port(f->health)};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	health_free(f->health);
	free(f);
	return 0;
}

/* Does the answer to @line begin with @status and end with @body? */
static void gets(struct fixture *f, const char *line, const char *status, const char *body)
{
	_text_ struct text request = {.data = NULL};
	_free_ char *said = NULL;

	text_add(&request, "%s" END, line);
	said = ask(&f->asked, request.data, request.len);
	assert_memory_equal(said, "HTTP/1.1 ", 9);
	assert_memory_equal(said + 9, status, strlen(status));
	assert_true(strlen(said) >= strlen(body));
	assert_string_equal(said + strlen(said) - strlen(body), body);
}

static void metrics_are_collected_when_they_are_asked_for(void **state)
{
	struct fixture *f = *state;
	_free_ char *said = NULL;

	f->value = 7;
	gets(f, "GET /metrics", "200", "\r\n\r\n# TYPE m gauge\n# HELP m h\nm 7\n# EOF\n");
	f->value = 8;
	said = ask(&f->asked, "GET /metrics" END, strlen("GET /metrics" END));
	assert_non_null(strstr(said, "m 8\n# EOF\n"));
	assert_non_null(strstr(said, "Content-Type: " OPENMETRICS_TYPE "\r\n"));
}

static void readiness_begins_false_and_says_why(void **state)
{
	struct fixture *f = *state;

	gets(f, "GET /readyz", "503", "\r\n\r\nstarting\n");
	health_set_ready(f->health, true, NULL);
	gets(f, "GET /readyz", "200", "\r\n\r\nok\n");
	health_set_ready(f->health, false, "no daemon");
	gets(f, "GET /readyz", "503", "\r\n\r\nno daemon\n");
	health_set_ready(f->health, false, NULL);
	gets(f, "GET /readyz", "503", "\r\n\r\nnot ready\n");
	gets(f, "GET /healthz", "200", "\r\n\r\nok\n");
}

static void a_query_changes_nothing_and_head_has_no_body(void **state)
{
	struct fixture *f = *state;

	gets(f, "GET /healthz?verbose", "200", "\r\n\r\nok\n");
	gets(f, "HEAD /healthz", "200", "\r\n\r\n");
	gets(f, "HEAD /metrics", "200", "\r\n\r\n");
}

static void other_paths_and_methods_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char post[] =
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
	static const char body[] =
		"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
	_free_ char *refused = NULL;
	_free_ char *large = NULL;

	gets(f, "GET /", "404", "there are /metrics, /healthz and /readyz\n");
	gets(f, "GET /metrics/", "404", "there are /metrics, /healthz and /readyz\n");
	gets(f, "DELETE /metrics", "405", "no such method here\n");
	refused = ask(&f->asked, post, strlen(post));
	assert_memory_equal(refused, "HTTP/1.1 405", 12);
	assert_non_null(strstr(refused, "Allow: GET, HEAD\r\n"));
	large = ask(&f->asked, body, strlen(body));
	assert_memory_equal(large, "HTTP/1.1 413", 12);
}

static void an_address_that_is_none_is_an_error(void **state)
{
	const struct health_options options = {.at = "localhost:9464"};
	struct health *health = NULL;
	struct reason why = {.code = 0};

	(void)state;
	assert_int_equal(health_new(&options, &health, &why), -EINVAL);
	assert_null(health);
	assert_non_null(strstr(why.text, "\"localhost:9464\" is no address to listen on"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(metrics_are_collected_when_they_are_asked_for),
		TEST(readiness_begins_false_and_says_why),
		TEST(a_query_changes_nothing_and_head_has_no_body),
		TEST(other_paths_and_methods_are_refused),
		cmocka_unit_test(an_address_that_is_none_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
