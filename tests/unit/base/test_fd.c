/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that travel, memfds that nobody can change, files read whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"

struct pair {
	int a;
	int b;
};

static struct pair pair_open(void)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	return (struct pair){sv[0], sv[1]};
}

static void pair_done(struct pair *pair)
{
	fd_close(&pair->a);
	fd_close(&pair->b);
}

/* The lowest free descriptor number: equal before and after when nothing leaked. */
static int lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void a_message_arrives_with_its_descriptors(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	_close_ int memfd = fd_memfd_sealed("x", "hello", 5);
	int sent[2] = {memfd, memfd}, got[4];
	char data[16], text[5];
	size_t n_fds = 0;

	(void)state;
	assert_int_equal(fd_send(pair.a, "msg", 3, sent, 2), 0);
	assert_int_equal(fd_recv(pair.b, data, sizeof(data), got, 4, &n_fds), 3);
	assert_memory_equal(data, "msg", 3);
	assert_int_equal(n_fds, 2);
	assert_int_equal(got[2], -1);
	assert_int_equal(got[3], -1);
	assert_int_equal(pread(got[1], text, sizeof(text), 0), 5);
	assert_memory_equal(text, "hello", 5);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	fd_close_many(got, n_fds);
	assert_int_equal(got[0], -1);
}

static void as_many_descriptors_as_the_kernel_takes_arrive(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	int sent[FD_PASS_MAX + 1], got[FD_PASS_MAX];
	size_t n_fds = 0;
	char data[1];

	(void)state;
	for (size_t i = 0; i < array_size(sent); i++)
		sent[i] = pair.a;
	assert_int_equal(fd_send(pair.a, "x", 1, sent, FD_PASS_MAX + 1), -EMSGSIZE);
	assert_int_equal(fd_send(pair.a, "x", 1, sent, FD_PASS_MAX), 0);
	assert_int_equal(fd_recv(pair.b, data, 1, got, FD_PASS_MAX, &n_fds), 1);
	assert_int_equal(n_fds, FD_PASS_MAX);
	fd_close_many(got, n_fds);
}

static void a_cut_message_is_refused_and_leaks_nothing(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	int free_before = lowest_free();
	int sent[3] = {pair.a, pair.a, pair.a}, got[3];
	size_t n_fds = 99;
	char data[2];

	(void)state;
	assert_int_equal(fd_send(pair.a, "long", 4, sent, 3), 0);
	assert_int_equal(fd_recv(pair.b, data, sizeof(data), got, 3, &n_fds), -EMSGSIZE);
	assert_int_equal(got[0], -1);
	assert_int_equal(n_fds, 99);
	assert_int_equal(lowest_free(), free_before);
}

static void descriptors_beyond_the_array_are_closed(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	int free_before = lowest_free();
	int sent[3] = {pair.a, pair.a, pair.a}, got[1];
	size_t n_fds = 0;
	char data[2];

	(void)state;
	assert_int_equal(fd_send(pair.a, "x", 1, sent, 3), 0);
	assert_int_equal(fd_recv(pair.b, data, sizeof(data), got, 1, &n_fds), 1);
	assert_int_equal(n_fds, 1);
	fd_close(&got[0]);
	assert_int_equal(lowest_free(), free_before);
}

static void descriptors_nobody_asked_for_are_refused(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	int free_before = lowest_free();
	char data[2];

	(void)state;
	assert_int_equal(fd_send(pair.a, "x", 1, &pair.a, 1), 0);
	assert_int_equal(fd_recv(pair.b, data, sizeof(data), NULL, 0, NULL), -EMSGSIZE);
	assert_int_equal(lowest_free(), free_before);
}

static void a_peer_that_left_or_is_silent_is_told_apart(void **state)
{
	_cleanup_(pair_done) struct pair pair = pair_open();
	struct timeval soon = {.tv_usec = 1000};
	char data[2];

	(void)state;
	assert_int_equal(setsockopt(pair.b, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
	assert_int_equal(fd_recv(pair.b, data, 2, NULL, 0, NULL), -ETIMEDOUT);
	fd_close(&pair.a);
	assert_int_equal(fd_recv(pair.b, data, 2, NULL, 0, NULL), 0);
	assert_int_equal(fd_send(pair.b, "x", 1, NULL, 0), -EPIPE);
}

static void nobody_can_change_a_sealed_memfd(void **state)
{
	_close_ int fd = fd_memfd_sealed("x", "hello", 5);
	_close_ int open_fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_true(fd >= 0);
	assert_true(fd_is_sealed(fd));
	assert_int_equal(pwrite(fd, "j", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(ftruncate(fd, 10), -1);
	assert_int_equal(fd_seal(fd), -EPERM);
	assert_false(fd_is_sealed(open_fd));
	assert_int_equal(fd_seal(open_fd), 0);
	assert_true(fd_is_sealed(open_fd));
	assert_false(fd_is_sealed(-1));
}

static void a_file_is_read_whole_up_to_its_bound(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
	static const char data[100000] = {'x'};

	(void)state;
	for (size_t i = 0; i < array_size(sizes); i++) {
		_close_ int fd = fd_memfd_sealed("x", data, sizes[i]);
		_free_ char *text = NULL;
		size_t len = 99;

		assert_int_equal(fd_read_all(fd, sizes[i], &text, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(text, data, len);
		assert_int_equal(text[len], '\0');
	}
}

static void a_file_above_its_bound_is_refused(void **state)
{
	_close_ int fd = fd_memfd_sealed("x", "hello", 5);
	char *text = NULL;
	size_t len = 99;

	(void)state;
	assert_int_equal(fd_read_all(fd, 4, &text, &len), -EFBIG);
	assert_int_equal(fd_read_all(-1, 4, &text, &len), -EBADF);
	assert_null(text);
	assert_int_equal(len, 99);
}

static void closing_twice_closes_once(void **state)
{
	int fd = fd_memfd_sealed("x", "", 0);

	(void)state;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	fd_close(&fd);
	assert_int_equal(fd_write_all(fd, "x", 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_with_its_descriptors),
		cmocka_unit_test(as_many_descriptors_as_the_kernel_takes_arrive),
		cmocka_unit_test(a_cut_message_is_refused_and_leaks_nothing),
		cmocka_unit_test(descriptors_beyond_the_array_are_closed),
		cmocka_unit_test(descriptors_nobody_asked_for_are_refused),
		cmocka_unit_test(a_peer_that_left_or_is_silent_is_told_apart),
		cmocka_unit_test(nobody_can_change_a_sealed_memfd),
		cmocka_unit_test(a_file_is_read_whole_up_to_its_bound),
		cmocka_unit_test(a_file_above_its_bound_is_refused),
		cmocka_unit_test(closing_twice_closes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
