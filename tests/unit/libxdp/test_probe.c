/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a kernel that cannot replace functions. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/reason.h"
#include "libxdp/libxdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
a_kernel_without_freplace_is_told_with_the_step_that_failed_and_the_way_out(void **state)
{
	struct reason why _reason_ = {0};

	(void)state;
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	if (geteuid() != 0 || libxdp_is_possible(&why))
		return; /* a skip of cmocka is "not ok" in TAP */
	assert_int_equal(why.code, -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "(freplace), which libxdp's dispatcher is made of: "
					 "loading a program of type ext: "));
	assert_non_null(strstr(why.hint, "without libxdp mode"));
}

static void a_kernel_with_freplace_says_nothing(void **state)
{
	struct reason why _reason_ = {0};

	(void)state;
	if (geteuid() != 0 || !libxdp_is_possible(&why))
		return; /* a skip of cmocka is "not ok" in TAP */
	assert_int_equal(why.code, 0);
	assert_string_equal(why.text, "");
}

static void without_rights_it_is_not_possible_and_has_a_reason(void **state)
{
	struct reason why _reason_ = {0};

	(void)state;
	if (geteuid() == 0)
		return; /* a skip of cmocka is "not ok" in TAP */
	assert_false(libxdp_is_possible(&why));
	assert_non_null(strstr(why.text, "freplace"));
}

static void an_interface_that_is_not_there_is_an_error_and_leaves_the_result_alone(void **state)
{
	struct libxdp_state seen = {.n = 99};
	struct reason why _reason_ = {0};

	(void)state;
	assert_int_equal(libxdp_read(0x7ffffff0, &seen, &why), -ENODEV);
	assert_non_null(strstr(why.text, "interface 2147483632"));
	assert_int_equal(seen.n, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_kernel_without_freplace_is_told_with_the_step_that_failed_and_the_way_out),
		cmocka_unit_test(a_kernel_with_freplace_says_nothing),
		cmocka_unit_test(without_rights_it_is_not_possible_and_has_a_reason),
		cmocka_unit_test(
			an_interface_that_is_not_there_is_an_error_and_leaves_the_result_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
