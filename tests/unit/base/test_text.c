/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text, and the checks every foreign string passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void text_grows_piece_by_piece(void **state)
{
	_text_ struct text t = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		text_add(&t, "%d,", i % 10);
	text_add_bytes(&t, "\0end", 4);
	assert_int_equal(t.r, 0);
	assert_int_equal(t.len, 2004);
	assert_memory_equal(t.data, "0,1,2,", 6);
	assert_memory_equal(t.data + 2000, "\0end", 5);
}

static void a_taken_text_leaves_an_empty_one(void **state)
{
	_text_ struct text t = {0};
	_free_ char *empty = text_take(&t);
	_free_ char *taken = NULL;

	(void)state;
	assert_string_equal(empty, "");
	text_add(&t, "x");
	taken = text_take(&t);
	assert_string_equal(taken, "x");
	assert_null(t.data);
	assert_int_equal(t.len, 0);
}

static void after_a_failure_nothing_is_added(void **state)
{
	struct text t = {.r = -ENOMEM};

	(void)state;
	text_add(&t, "x");
	text_add_bytes(&t, "x", 1);
	assert_null(t.data);
	assert_null(text_take(&t));
	assert_int_equal(t.r, -ENOMEM);
}

static void clean_text_is_utf8_without_control_characters(void **state)
{
	static const char *const clean[] = {"", "a b", "\xc3\xa4", "\xe2\x82\xac",
					    "\xf0\x9f\x90\x9d"};
	static const char *const dirty[] = {
		"a\nb",
		"\t",
		"\x7f",
		"\xc3",
		"\xc0\x80",
		"\xe0\x80\xaf",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xf0\x80\x80\x80",
		"\xff",
		"\xe2\x82",
	};

	(void)state;
	for (size_t i = 0; i < array_size(clean); i++)
		assert_true(text_is_clean(clean[i], 64));
	for (size_t i = 0; i < array_size(dirty); i++)
		assert_false(text_is_clean(dirty[i], 64));
	assert_true(text_is_clean_multiline("a\n\tb", 64));
	assert_false(text_is_clean_multiline("a\rb", 64));
}

static void text_above_its_bound_is_refused(void **state)
{
	(void)state;
	assert_true(text_is_clean("1234", 4));
	assert_false(text_is_clean("12345", 4));
	/* Counted in bytes: a character may not be cut in two. */
	assert_false(text_is_clean("123\xc3\xa4", 4));
	assert_true(text_is_name("1234", 4));
	assert_false(text_is_name("12345", 4));
}

static void names_are_plain_words(void **state)
{
	static const char *const names[] = {"a", "xdp-counter_1.0", "7up"};
	static const char *const others[] = {"",    ".",   "..",  "-x",	     "_x",
					     "a/b", "a b", "a\n", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < array_size(names); i++)
		assert_true(text_is_name(names[i], 64));
	for (size_t i = 0; i < array_size(others); i++)
		assert_false(text_is_name(others[i], 64));
}

static void decimal_numbers_are_bounded(void **state)
{
	uint64_t v = 99;
	uint32_t u = 99;

	(void)state;
	assert_int_equal(text_parse_u64("1000", 1000, &v), 0);
	assert_true(v == 1000);
	assert_int_equal(text_parse_u64("1001", 1000, &v), -ERANGE);
	assert_int_equal(text_parse_u64("18446744073709551615", UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(text_parse_u64("18446744073709551616", UINT64_MAX, &v), -ERANGE);
	assert_int_equal(text_parse_u64("99999999999999999999999", UINT64_MAX, &v), -ERANGE);
	assert_true(v == UINT64_MAX);
	assert_int_equal(text_parse_u32("4294967295", &u), 0);
	assert_int_equal(u, UINT32_MAX);
	u = 99;
	assert_int_equal(text_parse_u32("4294967296", &u), -ERANGE);
	assert_int_equal(u, 99);
}

static void what_is_not_a_decimal_number_is_refused(void **state)
{
	static const char *const wrong[] = {"", " 1", "1 ", "+1", "-1", "0x1", "1e3", "1.0"};
	uint64_t v = 99;

	(void)state;
	for (size_t i = 0; i < array_size(wrong); i++)
		assert_int_equal(text_parse_u64(wrong[i], UINT64_MAX, &v), -EINVAL);
	assert_true(v == 99);
}

static void signed_and_hexadecimal_numbers_are_read(void **state)
{
	static const char *const wrong[] = {"",	 "-",  "--1", "+1", "1x",
					    "x", "0x", "0xg", " 1", "-0x"};
	int64_t v = 99;

	(void)state;
	for (size_t i = 0; i < array_size(wrong); i++)
		assert_int_equal(text_parse_number(wrong[i], &v), -EINVAL);
	assert_int_equal(text_parse_number("9223372036854775808", &v), -ERANGE);
	assert_int_equal(text_parse_number("-9223372036854775809", &v), -ERANGE);
	assert_true(v == 99);
	assert_int_equal(text_parse_number("-9223372036854775808", &v), 0);
	assert_true(v == INT64_MIN);
	assert_int_equal(text_parse_number("0x7f", &v), 0);
	assert_true(v == 0x7f);
	assert_int_equal(text_parse_number("-0x10", &v), 0);
	assert_true(v == -16);
	/* No octal surprise. */
	assert_int_equal(text_parse_number("010", &v), 0);
	assert_true(v == 10);
}

static void the_nearest_name_is_found_and_strangers_are_not(void **state)
{
	static const char *const names[] = {"name", "namespace", "priority", NULL};
	char long_word[200];

	(void)state;
	assert_string_equal(text_nearest("nmae", names), "name");
	assert_string_equal(text_nearest("Priorty", names), "priority");
	assert_string_equal(text_nearest("name", names), "name");
	assert_null(text_nearest("bytecode", names));
	memset(long_word, 'n', sizeof(long_word));
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(text_nearest(long_word, names));
}

static void set_replaces_and_null_stays_null(void **state)
{
	_free_ char *s = NULL;

	(void)state;
	assert_int_equal(text_set(&s, "a"), 0);
	assert_int_equal(text_set(&s, "b"), 0);
	assert_string_equal(s, "b");
	assert_int_equal(text_set(&s, s), 0);
	assert_string_equal(s, "b");
	assert_int_equal(text_set(&s, NULL), 0);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_piece_by_piece),
		cmocka_unit_test(a_taken_text_leaves_an_empty_one),
		cmocka_unit_test(after_a_failure_nothing_is_added),
		cmocka_unit_test(clean_text_is_utf8_without_control_characters),
		cmocka_unit_test(text_above_its_bound_is_refused),
		cmocka_unit_test(names_are_plain_words),
		cmocka_unit_test(decimal_numbers_are_bounded),
		cmocka_unit_test(what_is_not_a_decimal_number_is_refused),
		cmocka_unit_test(signed_and_hexadecimal_numbers_are_read),
		cmocka_unit_test(the_nearest_name_is_found_and_strangers_are_not),
		cmocka_unit_test(set_replaces_and_null_stays_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
