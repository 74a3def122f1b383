/* SPDX-License-Identifier: Apache-2.0 */
/* Messages out of a byte stream in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rpc/message.h"

/* What comes out of @n more bytes: "length" and text of each message. */
static void take_piece(struct rpc_message_reader *reader, const uint8_t *p, size_t n,
		       struct text *got)
{
	while (n > 0 && rpc_message_feed(reader, &p, &n) == 1) {
		size_t len;
		_free_ char *m = rpc_message_take(reader, &len);

		text_add(got, "%zu%s,", len, m);
	}
	assert_int_equal(n, 0);
}

static void messages_come_whole_whatever_the_pieces(void **state)
{
	_text_ struct text wire = {0};

	(void)state;
	rpc_message_put(&wire, "first", 5);
	rpc_message_put(&wire, "", 0);
	rpc_message_put(&wire, "third message", 13);
	for (size_t piece = 1; piece <= wire.len; piece++) {
		struct rpc_message_reader reader = {.max = 100};
		_text_ struct text got = {0};

		for (size_t at = 0; at < wire.len; at += piece)
			take_piece(&reader, (const uint8_t *)wire.data + at,
				   wire.len - at < piece ? wire.len - at : piece, &got);
		assert_string_equal(got.data, "5first,0,13third message,");
		assert_true(rpc_message_is_clean(&reader));
		rpc_message_done(&reader);
	}
}

static int feed(const char *bytes, size_t n)
{
	struct rpc_message_reader reader = {.max = 100};
	const uint8_t *p = (const uint8_t *)bytes;
	int r = rpc_message_feed(&reader, &p, &n);

	rpc_message_done(&reader);
	return r;
}

static void bad_prefixes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(feed("\1\0\0\0\1x", 6), -EOPNOTSUPP);
	assert_int_equal(feed("\2\0\0\0\1x", 6), -EBADMSG);
	assert_int_equal(feed("\0\0\0\0\145", 5), -EMSGSIZE);
	assert_int_equal(feed("\0\377\377\377\377", 5), -EMSGSIZE);
	assert_int_equal(feed("\0\0\0\0\144", 5), 0);
	assert_int_equal(feed("\0\0\0\0\0", 5), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_whole_whatever_the_pieces),
		cmocka_unit_test(bad_prefixes_are_refused),
	};

	return cmocka_run_group_tests_name("rpc/message", tests, NULL, NULL);
}
