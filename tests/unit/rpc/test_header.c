/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding, base64 and timeouts of header fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "rpc/header.h"

static void messages_survive_percent_encoding(void **state)
{
	static const char text[] = "für \"uid\" 100% nein\n";
	_text_ struct text t = {0};

	(void)state;
	rpc_header_percent_encode(&t, text, 1000);
	assert_string_equal(t.data, "f%C3%BCr \"uid\" 100%25 nein%0A");
	rpc_header_percent_decode(t.data);
	assert_string_equal(t.data, text);
}

static void a_cut_message_keeps_whole_characters(void **state)
{
	_text_ struct text t = {0};

	(void)state;
	rpc_header_percent_encode(&t, "aü", 6);
	assert_string_equal(t.data, "a");
}

static void broken_percent_signs_stay(void **state)
{
	char s[] = "100% %4 %zz %41%";
	char nul[] = "a%00b";

	(void)state;
	rpc_header_percent_decode(s);
	assert_string_equal(s, "100% %4 %zz A%");
	rpc_header_percent_decode(nul);
	assert_string_equal(nul, "a b");
}

static void bytes_survive_base64(void **state)
{
	unsigned char bytes[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)(255 - i);
	for (size_t n = 0; n <= 256; n++) {
		_text_ struct text t = {0};
		_free_ char *back = NULL;
		size_t len;

		base64_encode(&t, bytes, n);
		assert_int_equal(base64_decode(t.data ? t.data : "", t.len, &back, &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, bytes, n);
	}
}

static int decodes(const char *s)
{
	_free_ char *back = NULL;
	size_t len;

	return base64_decode(s, strlen(s), &back, &len);
}

static void base64_takes_padding_and_refuses_the_rest(void **state)
{
	(void)state;
	assert_int_equal(decodes("YQ=="), 0);
	assert_int_equal(decodes("YQ"), 0);
	assert_int_equal(decodes("Y"), -EINVAL);
	assert_int_equal(decodes("YQ==="), -EINVAL);
	assert_int_equal(decodes("Y Q="), -EINVAL);
	assert_int_equal(decodes("YQ-_"), -EINVAL);
}

static uint64_t timeout_of(const char *s)
{
	uint64_t ns = 0;

	return rpc_header_parse_timeout(s, &ns) < 0 ? UINT64_MAX : ns;
}

static void timeouts_are_read_in_each_unit(void **state)
{
	(void)state;
	assert_true(timeout_of("1H") == 3600000000000);
	assert_true(timeout_of("2M") == 120000000000);
	assert_true(timeout_of("3S") == 3000000000);
	assert_true(timeout_of("99999999m") == 99999999000000);
	assert_true(timeout_of("5u") == 5000);
	assert_true(timeout_of("6n") == 6);
	assert_true(timeout_of("99999999H") == 10ull * 365 * 86400 * 1000000000);
}

static void malformed_timeouts_are_refused(void **state)
{
	static const char *const bad[] = {"", "S", "1", "123456789S", "-1S", "1s", "1SS", "1 S"};

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++)
		assert_true(timeout_of(bad[i]) == UINT64_MAX);
}

static void written_timeouts_have_at_most_eight_digits(void **state)
{
	char text[12];

	(void)state;
	rpc_header_format_timeout(1500, text);
	assert_string_equal(text, "1500m");
	rpc_header_format_timeout(INT32_MAX, text);
	assert_string_equal(text, "2147483S");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_survive_percent_encoding),
		cmocka_unit_test(a_cut_message_keeps_whole_characters),
		cmocka_unit_test(broken_percent_signs_stay),
		cmocka_unit_test(bytes_survive_base64),
		cmocka_unit_test(base64_takes_padding_and_refuses_the_rest),
		cmocka_unit_test(timeouts_are_read_in_each_unit),
		cmocka_unit_test(malformed_timeouts_are_refused),
		cmocka_unit_test(written_timeouts_have_at_most_eight_digits),
	};

	return cmocka_run_group_tests_name("rpc/header", tests, NULL, NULL);
}
