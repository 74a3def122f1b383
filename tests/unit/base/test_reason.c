/* SPDX-License-Identifier: Apache-2.0 */
/* Which words of several layers reach the user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* cmocka has a macro of this name. */
#undef fail
#include "base/reason.h"

static void fail_records_the_text_and_returns_the_code(void **state)
{
	struct reason why = {0};

	(void)state;
	assert_int_equal(fail(&why, -ENOENT, "no program %d", 7), -ENOENT);
	assert_int_equal(why.code, -ENOENT);
	assert_string_equal(why.text, "no program 7");
	reason_done(&why);
}

static void the_deepest_text_wins(void **state)
{
	struct reason why = {0};

	(void)state;
	fail(&why, -ENOENT, "deep");
	assert_int_equal(fail(&why, -EIO, "shallow"), -EIO);
	assert_int_equal(why.code, -ENOENT);
	assert_string_equal(why.text, "deep");
	reason_hint(&why, "first");
	reason_hint(&why, "second");
	assert_string_equal(why.hint, "first");
	reason_done(&why);
}

static void without_a_reason_only_the_code_is_kept(void **state)
{
	(void)state;
	assert_int_equal(fail(NULL, -EPERM, "nobody reads this"), -EPERM);
	reason_prefix(NULL, "x");
	reason_hint(NULL, "x");
	reason_detail_adopt(NULL, strdup("freed by the call"));
	reason_done(NULL);
}

static void a_prefix_names_the_outer_object(void **state)
{
	struct reason why = {0};

	(void)state;
	fail(&why, -EINVAL, "no such section");
	reason_prefix(&why, "program %s", "counter");
	assert_string_equal(why.text, "program counter: no such section");
	reason_done(&why);
}

static void long_texts_are_cut_at_the_bound(void **state)
{
	char big[4096];
	struct reason why = {0};

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	fail(&why, -EINVAL, "%s", big);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	reason_prefix(&why, "%s", big);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	reason_hint(&why, "%s", big);
	assert_int_equal(strlen(why.hint), sizeof(why.hint) - 1);
	reason_done(&why);
}

static void the_first_detail_is_kept_and_the_second_freed(void **state)
{
	struct reason why = {0};

	(void)state;
	reason_detail_adopt(&why, strdup("the verifier's words"));
	reason_detail_adopt(&why, strdup("too late"));
	assert_string_equal(why.detail, "the verifier's words");
	reason_done(&why);
	assert_null(why.detail);
	assert_int_equal(why.code, 0);
	assert_string_equal(why.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_records_the_text_and_returns_the_code),
		cmocka_unit_test(the_deepest_text_wins),
		cmocka_unit_test(without_a_reason_only_the_code_is_kept),
		cmocka_unit_test(a_prefix_names_the_outer_object),
		cmocka_unit_test(long_texts_are_cut_at_the_bound),
		cmocka_unit_test(the_first_detail_is_kept_and_the_second_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
