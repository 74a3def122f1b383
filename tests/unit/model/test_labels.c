/* SPDX-License-Identifier: Apache-2.0 */
/* Labels: sorted, bounded, matched, written and read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/labels.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

static void labels_are_sorted_and_replaced(void **state)
{
	_cleanup_(labels_done) struct labels l = {.n = 0};

	(void)state;
	assert_int_equal(labels_set(&l, "b", "2", NULL), 0);
	assert_int_equal(labels_set(&l, "c", "3", NULL), 0);
	assert_int_equal(labels_set(&l, "a", "1", NULL), 0);
	assert_int_equal(labels_set(&l, "b", "", NULL), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.items[0].key, "a");
	assert_string_equal(l.items[2].key, "c");
	assert_string_equal(labels_find(&l, "b"), "");
	assert_null(labels_find(&l, "d"));
}

static void bad_labels_are_refused(void **state)
{
	_cleanup_(labels_done) struct labels l = {.n = 0};
	char key[319], value[65];

	(void)state;
	memset(key, 'k', sizeof(key));
	memset(value, 'v', sizeof(value));
	key[318] = value[64] = '\0';
	assert_int_equal(labels_set(&l, key, "", NULL), -EINVAL);
	key[317] = '\0';
	assert_int_equal(labels_set(&l, key, "", NULL), 0);
	assert_int_equal(labels_set(&l, "a", value, NULL), -EINVAL);
	value[63] = '\0';
	assert_int_equal(labels_set(&l, "a", value, NULL), 0);
	assert_int_equal(labels_set(&l, "", "v", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a=b", "v", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a,b", "v", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a b", "v", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a\n", "v", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a", "v,w", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a", "\x1b[0m", NULL), -EINVAL);
	assert_int_equal(labels_set(&l, "a", "\xff", NULL), -EINVAL);
	assert_int_equal(l.n, 2);
}

static void there_is_a_bound_on_their_number(void **state)
{
	_cleanup_(labels_done) struct labels l = {.n = 0};
	char key[16];

	(void)state;
	for (int i = 0; i < LABELS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(labels_set(&l, key, "v", NULL), 0);
	}
	assert_int_equal(labels_set(&l, "one-more", "v", NULL), -E2BIG);
	assert_int_equal(labels_set(&l, "k1", "w", NULL), 0);
	assert_int_equal(l.n, LABELS_MAX);
}

static void a_selector_matches_when_all_its_pairs_are_there(void **state)
{
	_cleanup_(labels_done) struct labels l = {.n = 0};
	_cleanup_(labels_done) struct labels none = {.n = 0};
	_cleanup_(labels_done) struct labels fits = {.n = 0};
	_cleanup_(labels_done) struct labels other = {.n = 0};

	(void)state;
	assert_int_equal(labels_parse("a=1,b=2", &l, NULL), 0);
	assert_int_equal(labels_parse("b=2", &fits, NULL), 0);
	assert_int_equal(labels_parse("a=1,b=3", &other, NULL), 0);
	assert_true(labels_match(&l, &none));
	assert_true(labels_match(&l, &fits));
	assert_false(labels_match(&l, &other));
	assert_false(labels_match(&none, &fits));
}

static void text_comes_back_sorted(void **state)
{
	_cleanup_(labels_done) struct labels l = {.n = 0};
	_cleanup_(labels_done) struct labels copy = {.n = 0};
	_free_ char *text = NULL;
	_free_ char *nothing = NULL;

	(void)state;
	assert_int_equal(labels_parse("", &copy, NULL), 0);
	nothing = labels_format(&copy);
	assert_string_equal(nothing, "");
	assert_int_equal(labels_parse("z=1,app.io/x=y=z,e=", &l, NULL), 0);
	assert_int_equal(labels_copy(&l, &copy), 0);
	text = labels_format(&copy);
	assert_string_equal(text, "app.io/x=y=z,e=,z=1");
}

static void bad_text_is_refused(void **state)
{
	static const char *const texts[] = {"a", "a=1,", ",", "=1", "a=1,a=2", "a=\x01"};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_reason_ struct reason why = {.code = 0};
		struct labels l = {.n = 7};

		assert_int_equal(labels_parse(texts[i], &l, &why), -EINVAL);
		assert_true(why.text[0] != '\0');
		assert_int_equal(l.n, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_sorted_and_replaced),
		cmocka_unit_test(bad_labels_are_refused),
		cmocka_unit_test(there_is_a_bound_on_their_number),
		cmocka_unit_test(a_selector_matches_when_all_its_pairs_are_there),
		cmocka_unit_test(text_comes_back_sorted),
		cmocka_unit_test(bad_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
