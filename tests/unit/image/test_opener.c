/* SPDX-License-Identifier: Apache-2.0 */
/* The opener behind its socket: what it serves, and that it serves nothing else. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "fixture.h"
#include "forkserver/message.h"
#include "forkserver/opener.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static int start(const char *path, pid_t *ret_pid)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	*ret_pid = fork();
	if (*ret_pid == 0) {
		close(pair[0]);
		_exit(opener_run(pair[1], path) == -EPIPE ? 0 : 1);
	}
	close(pair[1]);
	return pair[0];
}

/* The end of the socket ends the opener. */
static void end(int sock, pid_t pid)
{
	int status = -1;

	close(sock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int receive(int sock, struct message *ret)
{
	_reason_ struct reason why = {0};

	return message_recv(sock, ret, &why);
}

static int ask(int sock, const void *name, size_t len, struct message *ret)
{
	assert_int_equal(message_send(sock, &(struct message_out){.data = name, .len = len}), 0);
	return receive(sock, ret);
}

static void files_of_a_layout_are_served(void **state)
{
	_message_ struct message hello = {0};
	_message_ struct message m = {0};
	_free_ char *text = NULL;
	_fixture_ struct fixture f;
	size_t len;
	pid_t pid;
	int sock;

	(void)state;
	fixture_init(&f);
	sock = start(f.path, &pid);
	assert_int_equal(receive(sock, &hello), 0);
	assert_int_equal(ask(sock, "oci-layout", strlen("oci-layout"), &m), 0);
	assert_int_equal(m.n_fds, 1);
	assert_int_equal(fd_read_all(m.fds[0], 4096, &text, &len), 0);
	assert_non_null(strstr(text, "imageLayoutVersion"));
	end(sock, pid);
}

static void other_names_are_refused_and_it_goes_on(void **state)
{
	static const char *const names[] = {
		"",
		"/etc/passwd",
		"../oci-layout",
		"./oci-layout",
		"precious",
		"blobs",
		"blobs/sha256/",
		"blobs/sha256/../../precious",
		"blobs/sha256/" ZEROS "0",
		"blobs/sha256/A" ZEROS,
		"blobs/sha512/" ZEROS,
	};
	_message_ struct message hello = {0};
	_fixture_ struct fixture f;
	struct message m;
	pid_t pid;
	int sock;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "precious", "data");
	sock = start(f.path, &pid);
	assert_int_equal(receive(sock, &hello), 0);
	for (size_t i = 0; i < array_size(names); i++)
		assert_int_equal(ask(sock, names[i], strlen(names[i]), &m), -EINVAL);
	assert_int_equal(ask(sock, "index.json\0x", 12, &m), -EINVAL);
	assert_int_equal(ask(sock, "blobs/sha256/" ZEROS, 13 + 64, &m), -ENOENT);
	end(sock, pid);
}

static void a_directory_that_is_not_there_is_the_first_answer(void **state)
{
	struct message m;
	pid_t pid;
	int sock;

	(void)state;
	sock = start("/nonexistent/layout", &pid);
	assert_int_equal(receive(sock, &m), -ENOENT);
	close(sock);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_a_layout_are_served),
		cmocka_unit_test(other_names_are_refused_and_it_goes_on),
		cmocka_unit_test(a_directory_that_is_not_there_is_the_first_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
