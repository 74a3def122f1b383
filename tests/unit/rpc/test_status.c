/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and errno values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "rpc/status.h"

static void errno_values_have_the_agreed_codes(void **state)
{
	(void)state;
	assert_int_equal(rpc_code_from_errno(0), RPC_OK);
	assert_int_equal(rpc_code_from_errno(-ENOENT), RPC_NOT_FOUND);
	assert_int_equal(rpc_code_from_errno(-EEXIST), RPC_ALREADY_EXISTS);
	assert_int_equal(rpc_code_from_errno(-EPERM), RPC_PERMISSION_DENIED);
	assert_int_equal(rpc_code_from_errno(-EACCES), RPC_PERMISSION_DENIED);
	assert_int_equal(rpc_code_from_errno(-EINVAL), RPC_INVALID_ARGUMENT);
	assert_int_equal(rpc_code_from_errno(-EBUSY), RPC_FAILED_PRECONDITION);
	assert_int_equal(rpc_code_from_errno(-EOPNOTSUPP), RPC_UNIMPLEMENTED);
	assert_int_equal(rpc_code_from_errno(-ETIMEDOUT), RPC_DEADLINE_EXCEEDED);
	assert_int_equal(rpc_code_from_errno(-ECANCELED), RPC_CANCELLED);
	assert_int_equal(rpc_code_from_errno(-ENOMEM), RPC_RESOURCE_EXHAUSTED);
	assert_int_equal(rpc_code_from_errno(-EMSGSIZE), RPC_RESOURCE_EXHAUSTED);
	assert_int_equal(rpc_code_from_errno(-EAGAIN), RPC_UNAVAILABLE);
	assert_int_equal(rpc_code_from_errno(-EPIPE), RPC_UNAVAILABLE);
	assert_int_equal(rpc_code_from_errno(-ERANGE), RPC_OUT_OF_RANGE);
	assert_int_equal(rpc_code_from_errno(-4000), RPC_UNKNOWN);
}

static void each_code_but_unauthenticated_comes_back(void **state)
{
	(void)state;
	for (int code = RPC_OK; code < RPC_UNAUTHENTICATED; code++)
		assert_int_equal(rpc_code_from_errno(rpc_code_to_errno((enum rpc_code)code)), code);
	assert_int_equal(rpc_code_to_errno(RPC_UNAUTHENTICATED), -EACCES);
}

static void numbers_outside_the_table_are_survived(void **state)
{
	(void)state;
	assert_int_equal(rpc_code_to_errno((enum rpc_code)17), -EPROTO);
	assert_int_equal(rpc_code_to_errno((enum rpc_code) - 1), -EPROTO);
	assert_string_equal(rpc_code_name((enum rpc_code)99), "CODE");
	assert_string_equal(rpc_code_name(RPC_NOT_FOUND), "NOT_FOUND");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_values_have_the_agreed_codes),
		cmocka_unit_test(each_code_but_unauthenticated_comes_back),
		cmocka_unit_test(numbers_outside_the_table_are_survived),
	};

	return cmocka_run_group_tests_name("rpc/status", tests, NULL, NULL);
}
