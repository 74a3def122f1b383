/* SPDX-License-Identifier: Apache-2.0 */
/* Results as trailers within a budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "rpc/call.h"
#include "rpc/header.h"
#include "rpc/result.h"

static const nghttp2_nv *find(const struct rpc_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (fields->nv[i].namelen == strlen(name) &&
		    memcmp(fields->nv[i].name, name, strlen(name)) == 0)
			return &fields->nv[i];
	return NULL;
}

static size_t cost(const struct rpc_fields *fields)
{
	size_t sum = 0;

	for (size_t i = 0; i < fields->n; i++)
		sum += fields->nv[i].namelen + fields->nv[i].valuelen + 32;
	return sum;
}

static void a_long_detail_keeps_its_end_within_any_budget(void **state)
{
	const size_t n = 200000;
	_free_ char *detail = malloc(n);
	const struct rpc_trailer trailers[] = {
		{"bpfd-errno", "2", 1}, {"bpfd-hint-bin", "do", 2}, {"bpfd-detail-bin", detail, n}};
	const struct rpc_result result = {RPC_NOT_FOUND, "no program 7", trailers, 3};

	(void)state;
	memset(detail, 'x', n);
	memcpy(detail + n - 4, "last", 4);
	for (size_t budget = 512; budget < 400000; budget = budget * 3 / 2) {
		struct rpc_fields *fields = rpc_fields_new(&result, budget);
		const nghttp2_nv *nv = find(fields, "bpfd-detail-bin");
		_free_ char *back = NULL;
		size_t len;

		assert_true(cost(fields) <= budget);
		assert_memory_equal(find(fields, "grpc-status")->value, "5", 1);
		assert_memory_equal(find(fields, "bpfd-errno")->value, "2", 1);
		assert_true(nv && nv->valuelen <= 65535);
		assert_int_equal(base64_decode((const char *)nv->value, nv->valuelen, &back, &len),
				 0);
		assert_true(len > 32);
		assert_string_equal(back + len - 4, "last");
		rpc_fields_free(fields);
	}
}

static void a_tiny_budget_leaves_the_status(void **state)
{
	const struct rpc_result result = {RPC_INTERNAL, "something long enough to be cut", NULL, 0};
	struct rpc_fields *fields = rpc_fields_new(&result, 10);

	(void)state;
	assert_memory_equal(find(fields, "grpc-status")->value, "13", 2);
	assert_int_equal(fields->n, 3);
	rpc_fields_free(fields);
}

static void trailers_that_cannot_be_header_fields_are_dropped(void **state)
{
	const struct rpc_trailer trailers[] = {{"good", "yes", 3},     {"Upper", "x", 1},
					       {":path", "x", 1},      {"grpc-status", "0", 1},
					       {"control", "a\nb", 3}, {"", "x", 1}};
	const struct rpc_result result = {RPC_OK, NULL, trailers, array_size(trailers)};
	struct rpc_fields *fields = rpc_fields_new(&result, 4096);

	(void)state;
	assert_int_equal(fields->n, 2 + 1 + 1);
	assert_non_null(find(fields, "good"));
	rpc_fields_free(fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_detail_keeps_its_end_within_any_budget),
		cmocka_unit_test(a_tiny_budget_leaves_the_status),
		cmocka_unit_test(trailers_that_cannot_be_header_fields_are_dropped),
	};

	return cmocka_run_group_tests_name("rpc/result", tests, NULL, NULL);
}
