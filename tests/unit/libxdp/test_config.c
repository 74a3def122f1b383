/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a dispatcher's configuration, also those that nobody should have written. */
#include <errno.h>
#include <string.h>

#include "libxdp/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct libxdp_config two(void)
{
	return (struct libxdp_config){.version = 2,
				      .n = 2,
				      .has_frags = true,
				      .slots = {{.actions = 4, .priority = 10, .flags = 32},
						{.actions = 0x1f, .priority = 50, .flags = 32}}};
}

static void a_config_is_written_as_libxdp_1_3_reads_it(void **state)
{
	const struct libxdp_config config = two();
	unsigned char bytes[CONFIG_SIZE];
	uint32_t word;

	(void)state;
	config_encode(&config, bytes);
	assert_int_equal(bytes[0], 236);
	assert_int_equal(bytes[1], 2);
	assert_int_equal(bytes[2], 2);
	assert_int_equal(bytes[3], 1);
	memcpy(&word, bytes + 4, 4);
	assert_int_equal(word, 0x80000004);
	memcpy(&word, bytes + 8, 4);
	assert_int_equal(word, 0x8000001f);
	memcpy(&word, bytes + 44, 4);
	assert_int_equal(word, 10);
	memcpy(&word, bytes + 84 + 4, 4);
	assert_int_equal(word, 32);
	for (size_t i = 84 + 8; i < CONFIG_SIZE; i++)
		assert_int_equal(bytes[i], 0);
}

static void what_was_written_is_read(void **state)
{
	const struct libxdp_config config = two();
	unsigned char bytes[CONFIG_SIZE];
	struct libxdp_config got;

	(void)state;
	config_encode(&config, bytes);
	assert_int_equal(config_decode(bytes, sizeof(bytes), &got), 0);
	assert_int_equal(got.version, 2);
	assert_int_equal(got.n, 2);
	assert_true(got.has_frags);
	assert_memory_equal(got.slots, config.slots, sizeof(got.slots));
}

static void version_1_is_known_by_its_size(void **state)
{
	unsigned char bytes[84] = {1};
	struct libxdp_config got;

	(void)state;
	memcpy(bytes + 4, &(uint32_t){0x80000004}, 4);
	memcpy(bytes + 44, &(uint32_t){7}, 4);
	assert_int_equal(config_decode(bytes, sizeof(bytes), &got), 0);
	assert_int_equal(got.version, 1);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.slots[0].actions, 4);
	assert_int_equal(got.slots[0].priority, 7);
	assert_int_equal(got.slots[0].flags, 0);
}

static void version_3_has_four_bytes_more(void **state)
{
	unsigned char bytes[128] = {236, 3, 10};
	struct libxdp_config got;

	(void)state;
	assert_int_equal(config_decode(bytes, sizeof(bytes), &got), 0);
	assert_int_equal(got.version, 3);
	assert_int_equal(got.n, 10);
	assert_int_equal(config_decode(bytes, 124, &got), -EBADMSG);
}

static void a_version_of_the_future_is_told_and_nothing_else(void **state)
{
	unsigned char bytes[200] = {236, 4, 10};
	struct libxdp_config got = {.n = 99};

	(void)state;
	assert_int_equal(config_decode(bytes, sizeof(bytes), &got), -EOPNOTSUPP);
	assert_int_equal(got.version, 4);
	assert_int_equal(got.n, 99);
}

static void hostile_bytes_are_refused_and_leave_the_result_alone(void **state)
{
	static const struct {
		unsigned char bytes[3];
		size_t len;
	} bad[] = {{{0}, 0},	       {{0}, 83},	    {{11}, 84},
		   {{235}, 84},	       {{1}, 85},	    {{236, 1, 1}, 124},
		   {{236, 0, 1}, 124}, {{236, 2, 11}, 124}, {{236, 2, 255}, 124},
		   {{236, 2, 1}, 123}, {{236, 2, 1}, 125},  {{236, 2, 1}, 84}};
	struct libxdp_config got = {.n = 99};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned char bytes[256] = {0};

		memcpy(bytes, bad[i].bytes, 3);
		assert_int_equal(config_decode(bytes, bad[i].len, &got), -EBADMSG);
		assert_int_equal(got.n, 99);
	}
}

static void any_three_first_bytes_are_survived(void **state)
{
	unsigned char bytes[256] = {0};

	(void)state;
	for (uint32_t i = 0; i < 1u << 24; i += 251) {
		struct libxdp_config got;
		int r;

		memcpy(bytes, &i, 3);
		r = config_decode(bytes, i % 2 ? 124 : i % 257, &got);
		assert_true(r == -EBADMSG || r == -EOPNOTSUPP || got.n <= CONFIG_SLOTS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_is_written_as_libxdp_1_3_reads_it),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(version_1_is_known_by_its_size),
		cmocka_unit_test(version_3_has_four_bytes_more),
		cmocka_unit_test(a_version_of_the_future_is_told_and_nothing_else),
		cmocka_unit_test(hostile_bytes_are_refused_and_leave_the_result_alone),
		cmocka_unit_test(any_three_first_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
