/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that systemd hands back, and their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/reason.h"
#include "daemon/keeper.h"

static struct keeper *keeper_of_nobody(void)
{
	struct keeper *k = NULL;

	assert_int_equal(keeper_new("/nonexistent/keeper.sock", "/nonexistent/bpfd", &k, NULL), 0);
	return k;
}

/* A pipe whose writing end the keeper gets: the reading end tells when it is closed. */
static int adopt(struct keeper *k, const char *name)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	keeper_restore_adopt(k, name, ends[1]);
	return ends[0];
}

static int is_closed(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

static void what_comes_back_is_known_by_its_name(void **state)
{
	struct keeper *k = keeper_of_nobody();
	int first = adopt(k, "link-7"), strange = adopt(k, "socket");

	(void)state;
	assert_true(keeper_has(k, 7));
	assert_false(keeper_has(k, 8));
	assert_false(is_closed(first));
	assert_true(is_closed(strange));
	keeper_free(k);
	assert_true(is_closed(first));
	close(first);
	close(strange);
}

static void a_dropped_link_ends(void **state)
{
	struct keeper *k = keeper_of_nobody();
	int first = adopt(k, "link-1"), second = adopt(k, "link-2");

	(void)state;
	keeper_drop(k, 99);
	keeper_drop(k, 1);
	assert_false(keeper_has(k, 1));
	assert_true(is_closed(first));
	assert_false(is_closed(second));
	keeper_free(k);
	close(first);
	close(second);
}

static void what_no_row_speaks_of_is_dropped(void **state)
{
	struct keeper *k = keeper_of_nobody();
	int fds[] = {adopt(k, "link-1"), adopt(k, "link-2"), adopt(k, "link-3")};
	const uint32_t ids[] = {2, 5};

	(void)state;
	keeper_retain(k, ids, 2);
	assert_true(is_closed(fds[0]));
	assert_false(is_closed(fds[1]));
	assert_true(is_closed(fds[2]));
	assert_false(keeper_has(k, 3));
	keeper_retain(k, NULL, 0);
	assert_true(is_closed(fds[1]));
	keeper_free(k);
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
}

static void a_keeper_that_cannot_start_is_an_error(void **state)
{
	struct keeper *k = keeper_of_nobody();
	_reason_ struct reason why = {0};

	(void)state;
	assert_true(keeper_put(k, 1, STDIN_FILENO, &why) < 0);
	assert_string_not_equal(why.text, "");
	assert_false(keeper_has(k, 1));
	keeper_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_back_is_known_by_its_name),
		cmocka_unit_test(a_dropped_link_ends),
		cmocka_unit_test(what_no_row_speaks_of_is_dropped),
		cmocka_unit_test(a_keeper_that_cannot_start_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
