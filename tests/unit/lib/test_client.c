/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions against a daemon with fixed answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fake_daemon.h"
#include <bpfd/bpfd.h>

static struct {
	char dir[64];
	char socket[128];
	pid_t pid;
	struct bpfd_conn *conn;
} f;

static int setup(void **state)
{
	struct bpfd_open_opts opts = {.size = sizeof(opts), .socket = f.socket};

	(void)state;
	snprintf(f.dir, sizeof(f.dir), "/tmp/bpfd-test-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.socket, sizeof(f.socket), "%s/bpfd.sock", f.dir);
	f.pid = fake_daemon_start(f.dir);
	assert_true(f.pid > 0);
	assert_int_equal(bpfd_open(&opts, &f.conn), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	bpfd_close(f.conn);
	if (f.pid > 0)
		fake_daemon_stop(f.pid, f.dir);
	rmdir(f.dir);
	return 0;
}

static void the_version_is_the_daemons(void **state)
{
	struct bpfd_version *v = NULL;

	(void)state;
	assert_int_equal(bpfd_version_get(f.conn, &v), 0);
	assert_string_equal(bpfd_version_daemon(v), "9.8.7");
	assert_string_equal(bpfd_version_kernel(v), "");
	assert_string_equal(bpfd_error_text(f.conn), "");
	bpfd_version_free(v);
}

static void a_list_outlives_its_connection(void **state)
{
	struct bpfd_programs *programs = NULL;
	const struct bpfd_program *p;
	const char *key, *value;
	uint32_t id;

	(void)state;
	assert_int_equal(bpfd_program_list(f.conn, NULL, &programs), 0);
	bpfd_close(f.conn);
	f.conn = NULL;
	assert_int_equal(bpfd_programs_count(programs), 1);
	assert_null(bpfd_programs_get(programs, 1));
	p = bpfd_programs_get(programs, 0);
	assert_int_equal(bpfd_program_id(p), 42);
	assert_string_equal(bpfd_program_name(p), "counter");
	assert_string_equal(bpfd_program_config(p), "");
	assert_true(bpfd_program_label(p, 0, &key, &value));
	assert_string_equal(key, "team");
	assert_false(bpfd_program_label(p, 1, &key, &value));
	assert_true(bpfd_program_map_id(p, 1, &id));
	assert_int_equal(id, 8);
	assert_false(bpfd_program_map_id(p, 2, &id));
	bpfd_programs_free(programs);
}

static void a_refusal_keeps_text_hint_and_log_until_the_next_call(void **state)
{
	struct bpfd_load_opts opts = {.size = sizeof(opts), .bytecode = "/x.o"};
	struct bpfd_programs *programs = NULL;
	struct bpfd_version *v = NULL;

	(void)state;
	assert_int_equal(bpfd_program_load(f.conn, &opts, &programs), -EACCES);
	assert_null(programs);
	assert_string_equal(bpfd_error_text(f.conn), "program \"x\": the verifier refused it");
	assert_string_equal(bpfd_error_hint(f.conn), "check the pointer first");
	assert_string_equal(bpfd_error_detail(f.conn), "line 1\nline 2\n");
	assert_int_equal(bpfd_version_get(f.conn, &v), 0);
	assert_string_equal(bpfd_error_text(f.conn), "");
	assert_string_equal(bpfd_error_detail(f.conn), "");
	bpfd_version_free(v);
}

static void a_method_that_the_daemon_lacks_is_unsupported(void **state)
{
	(void)state;
	assert_true(bpfd_program_unload(f.conn, "x", false) < 0);
	assert_true(strlen(bpfd_error_text(f.conn)) > 0);
}

static void a_map_is_read_beside_other_calls(void **state)
{
	struct bpfd_reader *reader = NULL;
	struct bpfd_version *v = NULL;
	const void *key;
	size_t len;
	uint32_t i;

	(void)state;
	assert_int_equal(bpfd_map_read(f.conn, "counter/stats", NULL, &reader), 0);
	assert_int_equal(bpfd_reader_next(reader), 1);
	key = bpfd_reader_key(reader, &len);
	assert_int_equal(len, sizeof(i));
	memcpy(&i, key, sizeof(i));
	assert_int_equal(i, 0);
	assert_int_equal(bpfd_reader_cpus(reader), 0);
	assert_int_equal(bpfd_version_get(f.conn, &v), 0);
	bpfd_version_free(v);
	assert_int_equal(bpfd_reader_next(reader), 1);
	assert_int_equal(bpfd_reader_cpus(reader), 2);
	bpfd_reader_value(reader, &len);
	assert_int_equal(len, 16);
	assert_int_equal(bpfd_reader_next(reader), 0);
	bpfd_reader_free(reader);
}

static void one_element_is_looked_up(void **state)
{
	uint32_t key = 1;
	uint64_t value[2] = {0};
	struct bpfd_map_element element = {.size = sizeof(element),
					   .key = &key,
					   .key_size = sizeof(key),
					   .value = value,
					   .value_size = sizeof(value)};

	(void)state;
	assert_int_equal(bpfd_map_lookup(f.conn, "m", &element), 16);
	assert_int_equal(value[1], 22);
	element.value_size = 8;
	assert_int_equal(bpfd_map_lookup(f.conn, "m", &element), -ENOSPC);
	key = 9;
	assert_int_equal(bpfd_map_lookup(f.conn, "m", &element), -ENOENT);
	element.key = NULL;
	assert_int_equal(bpfd_map_lookup(f.conn, "m", &element), -EINVAL);
}

static void a_map_descriptor_comes_with_its_shape(void **state)
{
	struct bpfd_map_info info = {.size = sizeof(info)};
	_close_ int fd = bpfd_map_fd(f.conn, "counter/stats", BPFD_MAP_WRITE, &info);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(info.size, sizeof(info));
	assert_int_equal(info.id, 7);
	assert_int_equal(info.max_entries, 4096);
	assert_int_equal(info.flags, 1);
}

static void a_refused_descriptor_says_why(void **state)
{
	char ref[600];

	(void)state;
	assert_int_equal(bpfd_map_fd(f.conn, "x/y", 0, NULL), -ENOENT);
	assert_string_equal(bpfd_error_text(f.conn), "no map \"x/y\"");
	assert_string_equal(bpfd_error_hint(f.conn), "look for it");
	memset(ref, 'x', sizeof(ref));
	ref[sizeof(ref) - 1] = '\0';
	assert_int_equal(bpfd_map_fd(f.conn, ref, 0, NULL), -EINVAL);
	assert_int_equal(bpfd_map_fd(f.conn, "x", 8, NULL), -EINVAL);
}

static void a_restarted_daemon_is_found_again(void **state)
{
	struct bpfd_version *v = NULL;

	(void)state;
	assert_int_equal(bpfd_version_get(f.conn, &v), 0);
	bpfd_version_free(v);
	fake_daemon_stop(f.pid, f.dir);
	f.pid = 0;
	assert_int_equal(bpfd_version_get(f.conn, &v), -ECONNREFUSED);
	assert_non_null(strstr(bpfd_error_text(f.conn), f.socket));
	assert_true(strlen(bpfd_error_hint(f.conn)) > 0);
	assert_int_equal(bpfd_map_fd(f.conn, "x", 0, NULL), -ECONNREFUSED);
	f.pid = fake_daemon_start(f.dir);
	assert_int_equal(bpfd_version_get(f.conn, &v), 0);
	bpfd_version_free(v);
}

static void null_is_taken_gently(void **state)
{
	(void)state;
	assert_int_equal(bpfd_open(NULL, NULL), -EINVAL);
	assert_int_equal(bpfd_version_get(NULL, NULL), -EINVAL);
	assert_int_equal(bpfd_program_load(f.conn, NULL, NULL), -EINVAL);
	assert_string_equal(bpfd_program_name(NULL), "");
	assert_int_equal(bpfd_programs_count(NULL), 0);
	assert_null(bpfd_link_proceed_on(NULL, 0));
	bpfd_programs_free(NULL);
	bpfd_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_version_is_the_daemons),
		TEST(a_list_outlives_its_connection),
		TEST(a_refusal_keeps_text_hint_and_log_until_the_next_call),
		TEST(a_method_that_the_daemon_lacks_is_unsupported),
		TEST(a_map_is_read_beside_other_calls),
		TEST(one_element_is_looked_up),
		TEST(a_map_descriptor_comes_with_its_shape),
		TEST(a_refused_descriptor_says_why),
		TEST(a_restarted_daemon_is_found_again),
		TEST(null_is_taken_gently),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
