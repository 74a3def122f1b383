/* SPDX-License-Identifier: Apache-2.0 */
/* What the flat encoding promises to a reader of foreign bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

static void what_is_written_is_read_back(void **state)
{
	_text_ struct text w = {0};
	struct buf_reader rd;
	const void *bytes;
	size_t len;

	(void)state;
	buf_put_u32(&w, UINT32_MAX);
	buf_put_u64(&w, UINT64_MAX - 1);
	buf_put_bytes(&w, "a\0b", 3);
	buf_put_str(&w, "name");
	buf_put_str(&w, NULL);
	assert_int_equal(w.r, 0);

	buf_reader_init(&rd, w.data, w.len);
	assert_int_equal(buf_get_u32(&rd), UINT32_MAX);
	assert_true(buf_get_u64(&rd) == UINT64_MAX - 1);
	bytes = buf_get_bytes(&rd, 3, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "a\0b", 3);
	{
		_free_ char *name = buf_get_str(&rd, 4);
		_free_ char *empty = buf_get_str(&rd, 4);

		assert_string_equal(name, "name");
		assert_string_equal(empty, "");
	}
	assert_int_equal(buf_reader_end(&rd), 0);
}

static void every_cut_of_a_message_is_an_error(void **state)
{
	_text_ struct text w = {0};

	(void)state;
	buf_put_u64(&w, 7);
	buf_put_str(&w, "name");
	for (size_t cut = 0; cut < w.len; cut++) {
		/* A heap copy of just that size, so that a sanitizer sees a read behind its end. */
		_free_ char *part = malloc(cut + 1);
		struct buf_reader rd;

		assert_non_null(part);
		part = realloc(part, cut ? cut : 1);
		memcpy(part, w.data, cut);
		buf_reader_init(&rd, part, cut);
		buf_get_u64(&rd);
		free(buf_get_str(&rd, 64));
		assert_int_equal(buf_reader_end(&rd), -EBADMSG);
	}
}

static void bytes_left_over_are_an_error(void **state)
{
	const char data[5] = {1};
	struct buf_reader rd;

	(void)state;
	buf_reader_init(&rd, data, sizeof(data));
	assert_int_equal(buf_get_u32(&rd), 1);
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);
}

static void a_length_above_its_bound_is_an_error(void **state)
{
	_text_ struct text w = {0};
	struct buf_reader rd;
	size_t len = 99;

	(void)state;
	buf_put_bytes(&w, "12345", 5);
	buf_reader_init(&rd, w.data, w.len);
	assert_null(buf_get_bytes(&rd, 4, &len));
	assert_int_equal(len, 0);
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);

	buf_reader_init(&rd, w.data, w.len);
	assert_null(buf_get_str(&rd, 4));
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);

	buf_reader_init(&rd, w.data, w.len);
	assert_non_null(buf_get_bytes(&rd, 5, &len));
	assert_int_equal(len, 5);
	assert_int_equal(buf_reader_end(&rd), 0);
}

static void a_length_beyond_the_message_is_an_error(void **state)
{
	const uint32_t huge = UINT32_MAX;
	struct buf_reader rd;
	size_t len = 99;

	(void)state;
	buf_reader_init(&rd, &huge, sizeof(huge));
	assert_null(buf_get_bytes(&rd, SIZE_MAX, &len));
	assert_int_equal(len, 0);
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);
}

static void a_count_above_its_bound_is_an_error(void **state)
{
	const uint32_t counts[] = {8, 9};
	struct buf_reader rd;

	(void)state;
	buf_reader_init(&rd, counts, sizeof(counts));
	assert_int_equal(buf_get_count(&rd, 8), 8);
	assert_int_equal(rd.r, 0);
	assert_int_equal(buf_get_count(&rd, 8), 0);
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);
}

static void a_string_with_an_inner_nul_is_an_error(void **state)
{
	_text_ struct text w = {0};
	struct buf_reader rd;

	(void)state;
	buf_put_bytes(&w, "a\0b", 3);
	buf_reader_init(&rd, w.data, w.len);
	assert_null(buf_get_str(&rd, 64));
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);
}

static void after_an_error_everything_reads_as_zero(void **state)
{
	const uint32_t data[] = {2, 1, 1, 1};
	struct buf_reader rd;
	size_t len = 99;

	(void)state;
	buf_reader_init(&rd, data, sizeof(data));
	buf_get_count(&rd, 1);
	assert_int_equal(buf_get_u32(&rd), 0);
	assert_true(buf_get_u64(&rd) == 0);
	assert_null(buf_get_bytes(&rd, 64, &len));
	assert_int_equal(len, 0);
	assert_null(buf_get_str(&rd, 64));
	assert_int_equal(buf_reader_end(&rd), -EBADMSG);
}

static void random_bytes_never_read_beyond_their_end(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		size_t size = (size_t)rand_r(&seed) % 64, len;
		_free_ unsigned char *data = malloc(size ? size : 1);
		struct buf_reader rd;

		assert_non_null(data);
		for (size_t i = 0; i < size; i++)
			data[i] = (unsigned char)(rand_r(&seed) % 4);
		buf_reader_init(&rd, data, size);
		for (uint32_t n = buf_get_count(&rd, 100); n > 0 && rd.r == 0; n--)
			free(buf_get_str(&rd, 32));
		buf_get_bytes(&rd, 32, &len);
		assert_true(rd.p >= data && rd.p <= data + size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(every_cut_of_a_message_is_an_error),
		cmocka_unit_test(bytes_left_over_are_an_error),
		cmocka_unit_test(a_length_above_its_bound_is_an_error),
		cmocka_unit_test(a_length_beyond_the_message_is_an_error),
		cmocka_unit_test(a_count_above_its_bound_is_an_error),
		cmocka_unit_test(a_string_with_an_inner_nul_is_an_error),
		cmocka_unit_test(after_an_error_everything_reads_as_zero),
		cmocka_unit_test(random_bytes_never_read_beyond_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
