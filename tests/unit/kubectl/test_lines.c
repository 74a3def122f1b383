/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between texts: hunks, their heads, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kubectl/text/lines.h"

static void expect(const char *a, const char *b, int r, const char *hunks)
{
	_text_ struct text t = {0};

	assert_int_equal(lines_compare(a, b, &t), r);
	assert_string_equal(t.data ? t.data : "", hunks);
}

static void equal_texts_have_no_hunks(void **state)
{
	(void)state;
	expect("", "", 0, "");
	expect("a\nb\n", "a\nb\n", 0, "");
}

static void a_new_text_is_all_added(void **state)
{
	(void)state;
	expect("", "a\nb\n", 1, "@@ -0,0 +1,2 @@\n+a\n+b\n");
	expect("a\nb\n", "", 1, "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

static void three_lines_stand_around_a_change(void **state)
{
	(void)state;
	expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n", 1,
	       "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
	expect("1\n2\n", "1\n2\n3\n", 1, "@@ -1,2 +1,3 @@\n 1\n 2\n+3\n");
}

static void near_changes_share_a_hunk_and_far_ones_do_not(void **state)
{
	(void)state;
	expect("a\n1\n2\n3\n4\n5\n6\nb\n", "x\n1\n2\n3\n4\n5\n6\ny\n", 1,
	       "@@ -1,8 +1,8 @@\n-a\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+y\n");
	expect("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n", 1,
	       "@@ -1,4 +1,4 @@\n-a\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+y\n");
}

static void what_both_have_is_kept(void **state)
{
	(void)state;
	expect("a\nb\nc\nd\n", "b\nx\nd\n", 1, "@@ -1,4 +1,3 @@\n-a\n b\n-c\n+x\n d\n");
}

/* More differing lines than LINES_CELLS_MAX allows to look at. */
static void long_texts_that_differ_everywhere_are_replaced(void **state)
{
	_text_ struct text a = {0}, b = {0}, t = {0};
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		text_add(&a, "a%d\nsame\n", i);
		text_add(&b, "b%d\nsame\nc\n", i);
	}
	assert_int_equal(lines_compare(a.data, b.data, &t), 1);
	assert_memory_equal(t.data, "@@ -1,6000 +1,9000 @@\n-a0\n", 26);
	for (const char *s = t.data; *s; s = strchr(s, '\n') + 1)
		n += *s == '-' || *s == '+';
	assert_int_equal(n, 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_no_hunks),
		cmocka_unit_test(a_new_text_is_all_added),
		cmocka_unit_test(three_lines_stand_around_a_change),
		cmocka_unit_test(near_changes_share_a_hunk_and_far_ones_do_not),
		cmocka_unit_test(what_both_have_is_kept),
		cmocka_unit_test(long_texts_that_differ_everywhere_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
