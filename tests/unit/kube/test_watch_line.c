/* SPDX-License-Identifier: Apache-2.0 */
/* What the lines of a watch mean, and which are no lines of one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kube/json.h"
#include "kube/watch_line.h"

#include <cmocka.h>

#define OBJECT(type, name)                                                                         \
	"{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"" name                        \
	"\",\"resourceVersion\":\"7\"}}}"

static void each_kind_is_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum watch_line_kind kind;
		const char *version;
	} rows[] = {
		{OBJECT("ADDED", "a"), WATCH_CHANGED, "7"},
		{OBJECT("MODIFIED", "a.b"), WATCH_CHANGED, "7"},
		{OBJECT("DELETED", "a"), WATCH_DELETED, "7"},
		{OBJECT("LATER", "a"), WATCH_NOTHING, "7"},
		{"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}",
		 WATCH_NOTHING, "9"},
		{"{\"type\":\"ERROR\",\"object\":{\"code\":410}}", WATCH_EXPIRED, ""},
		{"{\"type\":\"ERROR\",\"object\":{\"code\":504}}", WATCH_EXPIRED, ""},
		{"{\"type\":\"ERROR\",\"object\":{\"code\":500}}", WATCH_ERROR, ""},
		{"{\"type\":\"ERROR\",\"object\":{}}", WATCH_ERROR, ""},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		struct watch_line line;

		assert_int_equal(watch_line_decode(rows[i].text, strlen(rows[i].text), &line), 0);
		assert_int_equal(line.kind, rows[i].kind);
		assert_string_equal(line.version, rows[i].version);
		assert_int_equal(!!line.object, line.kind <= WATCH_DELETED);
		watch_line_done(&line);
	}
}

static void half_a_line_is_refused(void **state)
{
	const char *text = OBJECT("ADDED", "a");
	struct watch_line line;

	(void)state;
	for (size_t n = 0; n < strlen(text); n++)
		assert_int_equal(watch_line_decode(text, n, &line), -EPROTO);
}

static void objects_without_a_name_or_version_are_refused(void **state)
{
	static const char *const rows[] = {
		OBJECT("ADDED", ""),
		OBJECT("ADDED", "a/b"),
		OBJECT("DELETED", "../x"),
		OBJECT("MODIFIED", "a?b"),
		OBJECT("MODIFIED", "a b"),
		"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}",
		"{\"type\":\"ADDED\",\"object\":[]}",
		"{\"type\":\"ADDED\"}",
		"{\"type\":7,\"object\":{}}",
		"[]",
		"null",
	};
	struct watch_line line;

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++)
		assert_int_equal(watch_line_decode(rows[i], strlen(rows[i]), &line), -EPROTO);
}

static void a_name_above_the_bound_is_refused(void **state)
{
	char name[KUBE_NAME_SIZE + 1], text[512];
	struct watch_line line;

	(void)state;
	memset(name, 'n', sizeof(name));
	for (int n = KUBE_NAME_SIZE - 1; n <= KUBE_NAME_SIZE; n++) {
		snprintf(text, sizeof(text), OBJECT("ADDED", "%.*s"), n, name);
		assert_int_equal(watch_line_decode(text, strlen(text), &line),
				 n < KUBE_NAME_SIZE ? 0 : -EPROTO);
		if (n < KUBE_NAME_SIZE)
			watch_line_done(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_told_apart),
		cmocka_unit_test(half_a_line_is_refused),
		cmocka_unit_test(objects_without_a_name_or_version_are_refused),
		cmocka_unit_test(a_name_above_the_bound_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
