/* SPDX-License-Identifier: Apache-2.0 */
/* The text of metrics, byte by byte. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "http/openmetrics.h"

#include <cmocka.h>

static void families_have_one_head_and_counters_a_suffix(void **state)
{
	const struct metric_label labels[] = {{"node", "a"}, {"result", "ok"}};
	const struct metric rows[] = {
		{"bpfd_x", "How many x.", METRIC_COUNTER, labels, 2, 3},
		{"bpfd_x", "How many x.", METRIC_COUNTER, labels, 1, 0},
		{"bpfd_y", "Is there y.", METRIC_GAUGE, NULL, 0, 0.5},
	};
	_text_ struct text t = {.data = NULL};

	(void)state;
	openmetrics_add(&t, rows, array_size(rows));
	openmetrics_end(&t);
	assert_string_equal(t.data, "# TYPE bpfd_x counter\n# HELP bpfd_x How many x.\n"
				    "bpfd_x_total{node=\"a\",result=\"ok\"} 3\n"
				    "bpfd_x_total{node=\"a\"} 0\n"
				    "# TYPE bpfd_y gauge\n# HELP bpfd_y Is there y.\n"
				    "bpfd_y 0.5\n# EOF\n");
}

static void numbers_of_all_kinds_are_written(void **state)
{
	static const struct {
		double value;
		const char *want;
	} rows[] = {{0, "0"},
		    {-7, "-7"},
		    {1e15, "1000000000000000"},
		    {9007199254740991.0, "9007199254740991"},
		    {1e300, "1.0000000000000001e+300"},
		    {0.1, "0.10000000000000001"},
		    {INFINITY, "+Inf"},
		    {-INFINITY, "-Inf"},
		    {NAN, "NaN"}};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		const struct metric row = {"m", "h", METRIC_GAUGE, NULL, 0, rows[i].value};
		_text_ struct text t = {.data = NULL}, want = {.data = NULL};

		openmetrics_add(&t, &row, 1);
		text_add(&want, "# TYPE m gauge\n# HELP m h\nm %s\n", rows[i].want);
		assert_string_equal(t.data, want.data);
	}
}

static void foreign_label_values_cannot_leave_their_quotes(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {{"a\"} 1\nevil 2", "a\\\"} 1\\nevil 2"},
		    {"\\", "\\\\"},
		    {"\xff", "?"},
		    {"a\rb", "?"},
		    {"größer", "größer"},
		    {"", ""}};
	char large[2048];

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		const struct metric_label label = {"l", rows[i].value};
		const struct metric row = {"m", "h", METRIC_GAUGE, &label, 1, 1};
		_text_ struct text t = {.data = NULL}, want = {.data = NULL};

		openmetrics_add(&t, &row, 1);
		text_add(&want, "# TYPE m gauge\n# HELP m h\nm{l=\"%s\"} 1\n", rows[i].want);
		assert_string_equal(t.data, want.data);
	}
	memset(large, 'a', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	const struct metric_label label = {"l", large};
	const struct metric row = {"m", "h", METRIC_GAUGE, &label, 1, 1};
	_text_ struct text t = {.data = NULL};

	openmetrics_add(&t, &row, 1);
	assert_non_null(strstr(t.data, "{l=\"?\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_have_one_head_and_counters_a_suffix),
		cmocka_unit_test(numbers_of_all_kinds_are_written),
		cmocka_unit_test(foreign_label_values_cannot_leave_their_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
