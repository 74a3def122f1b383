/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to listen on, as options give them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/listen.h"
#include "base/reason.h"

#include <cmocka.h>

static void addresses_and_all_of_them_are_bound(void **state)
{
	static const char *const good[] = {"127.0.0.1:0", "0.0.0.0:0", ":0"};

	(void)state;
	for (size_t i = 0; i < array_size(good); i++) {
		_close_ int fd = listen_bind(good[i], NULL);
		int is_listening = 1;
		socklen_t len = sizeof(is_listening);

		assert_true(fd >= 0);
		assert_in_range(listen_port(fd), 1, 65535);
		assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len), 0);
		assert_false(is_listening);
	}
}

static void what_is_no_address_is_named_in_the_error(void **state)
{
	static const char *const bad[] = {
		"",
		"9464",
		"localhost:1",
		"127.0.0.1",
		"127.0.0.1:",
		"::1:80",
		"[::1]",
		"[::1]:65536",
		"127.0.0.1:-1",
		"127.0.0.1:0x50",
		"[::1:80",
		"1.2.3.4.5:80",
		"127.0.0.1: 80",
		"127.0.0.1:80 ",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80"};

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		struct reason why = {.code = 0};

		assert_int_equal(listen_bind(bad[i], &why), -EINVAL);
		assert_non_null(strstr(why.text, "write ADDRESS:PORT"));
	}
}

static void a_port_in_use_is_an_error_with_its_name(void **state)
{
	_close_ int fd = listen_bind("127.0.0.1:0", NULL);
	struct reason why = {.code = 0};
	char at[32];

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	snprintf(at, sizeof(at), "127.0.0.1:%d", listen_port(fd));
	assert_int_equal(listen_bind(at, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_all_of_them_are_bound),
		cmocka_unit_test(what_is_no_address_is_named_in_the_error),
		cmocka_unit_test(a_port_in_use_is_an_error_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
