/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.reflection.v1 over the descriptors of proto/grpc; $DESCRIPTORS names the set. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "harness.h"
#include "rpc/client.h"
#include "rpc/standard/pb.h"
#include "rpc/standard/reflection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define INFO "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

enum { ASK_FILE = 3, ASK_SYMBOL = 4, ASK_SERVICES = 7 };
enum { SAY_REQUEST = 2, SAY_FILES = 4, SAY_SERVICES = 6, SAY_ERROR = 7 };

struct fixture {
	struct harness *h;
	struct rpc_reflection *reflection;
	struct rpc_client *client;
	char *set;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	_close_ int fd = open(getenv("DESCRIPTORS"), O_RDONLY | O_CLOEXEC);
	size_t len;

	assert_int_equal(fd_read_all(fd, 1 << 20, &f->set, &len), 0);
	assert_int_equal(rpc_reflection_new(f->set, len, &f->reflection, NULL), 0);
	f->h = harness_start(NULL);
	harness_reflect(f->h, f->reflection);
	assert_int_equal(rpc_client_open(harness_path(f->h), &f->client, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rpc_client_close(f->client);
	harness_stop(f->h);
	rpc_reflection_free(f->reflection);
	free(f->set);
	free(f);
	return 0;
}

/* Ask one question; the field number and the bytes of the answer. */
static uint64_t ask(struct fixture *f, unsigned int what, const char *name, struct text *ret)
{
	_rpc_stream_ struct rpc_stream *stream = NULL;
	_text_ struct text question = {0};
	struct rpc_request request = {.path = INFO, .timeout_ms = 5000};
	struct rpc_reply reply;
	struct rpc_pb_field field;
	struct rpc_pb pb;
	uint64_t number = 0;

	rpc_pb_put_bytes(&question, what, name, strlen(name));
	request.data = question.data;
	request.len = question.len;
	assert_int_equal(rpc_client_start(f->client, &request, &stream, NULL), 0);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 1);
	pb = rpc_pb_of(reply.data, reply.len);
	assert_int_equal(rpc_pb_next(&pb, &field), 1);
	assert_int_equal(field.number, SAY_REQUEST);
	assert_int_equal(field.len, question.len);
	assert_int_equal(rpc_pb_next(&pb, &field), 1);
	number = field.number;
	text_add_bytes(ret, field.data, field.len);
	free(reply.data);
	assert_int_equal(rpc_client_read(stream, -1, &reply, NULL), 0);
	return number;
}

static void services_are_listed(void **state)
{
	_text_ struct text list = {0};

	assert_int_equal(ask(*state, ASK_SERVICES, "", &list), SAY_SERVICES);
	assert_non_null(memmem(list.data, list.len, "grpc.health.v1.Health", 21));
	assert_non_null(memmem(list.data, list.len, "grpc.reflection.v1.ServerReflection", 35));
}

static void files_are_found_by_symbol_and_by_name(void **state)
{
	static const struct {
		unsigned int what;
		const char *name;
		uint64_t want;
	} rows[] = {
		{ASK_FILE, "health.proto", SAY_FILES},
		{ASK_SYMBOL, "grpc.health.v1.Health", SAY_FILES},
		{ASK_SYMBOL, "grpc.health.v1.Health.Check", SAY_FILES},
		{ASK_SYMBOL, "grpc.health.v1.HealthCheckRequest", SAY_FILES},
		{ASK_SYMBOL, "grpc.health.v1.HealthCheckRequest.service", SAY_FILES},
		{ASK_SYMBOL, "grpc.health.v1.HealthCheckResponse.ServingStatus", SAY_FILES},
		{ASK_FILE, "other.proto", SAY_ERROR},
		{ASK_SYMBOL, "grpc.health.v1", SAY_ERROR},
		{ASK_SYMBOL, "grpc.health.v1.Heal", SAY_ERROR},
		{ASK_SYMBOL, "grpc.health.v1.Health.", SAY_ERROR},
		{ASK_SYMBOL, "Health", SAY_ERROR},
		{ASK_SYMBOL, "", SAY_ERROR},
		{5, "", SAY_ERROR},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		_text_ struct text said = {0};

		if (ask(*state, rows[i].what, rows[i].name, &said) != rows[i].want)
			fail_msg("'%s' is answered otherwise", rows[i].name);
		if (rows[i].want == SAY_FILES)
			assert_non_null(memmem(said.data, said.len, "health.proto", 12));
	}
}

static void a_malformed_question_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct rpc_request request = {INFO, "\12\377", 2, 5000};
	struct rpc_reply reply;

	assert_int_equal(rpc_client_call(f->client, &request, &reply, NULL), -EINVAL);
}

static void truncated_descriptors_are_refused(void **state)
{
	struct fixture *f = *state;
	struct rpc_reflection *reflection = NULL;

	assert_int_equal(rpc_reflection_new(f->set, 20, &reflection, NULL), -EBADMSG);
	assert_null(reflection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(services_are_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_found_by_symbol_and_by_name, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_malformed_question_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_descriptors_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests_name("rpc/reflection", tests, NULL, NULL);
}
