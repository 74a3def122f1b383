/* SPDX-License-Identifier: Apache-2.0 */
/* Digests against the published vectors of SHA-256. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"

#define EMPTY "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void bytes_have_the_published_digest(void **state)
{
	char text[DIGEST_TEXT_SIZE];

	(void)state;
	digest_text("", 0, text);
	assert_string_equal(text, EMPTY);
	digest_text("abc", 3, text);
	assert_string_equal(text, ABC);
}

static void a_file_has_the_digest_of_its_bytes(void **state)
{
	static const char data[40000] = {1, 2, 3};
	char text[DIGEST_TEXT_SIZE], want[DIGEST_TEXT_SIZE];
	_close_ int fd = fd_memfd_sealed("digest", data, sizeof(data));

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	assert_int_equal(digest_fd(fd, sizeof(data), text), 0);
	digest_text(data, sizeof(data), want);
	assert_string_equal(text, want);
	/* The offset, which others may share, stays where it was. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
}

static void a_file_above_the_bound_is_refused(void **state)
{
	char text[DIGEST_TEXT_SIZE] = "untouched";
	_close_ int fd = fd_memfd_sealed("digest", "abcd", 4);

	(void)state;
	assert_int_equal(digest_fd(fd, 3, text), -EFBIG);
	assert_int_equal(digest_fd(-1, 3, text), -EBADF);
	assert_string_equal(text, "untouched");
	assert_int_equal(digest_fd(fd, 4, text), 0);
}

static void only_the_exact_form_is_valid(void **state)
{
	char text[] = ABC;

	(void)state;
	assert_true(digest_is_valid(text));
	text[10] = 'A';
	assert_false(digest_is_valid(text));
	text[10] = 'g';
	assert_false(digest_is_valid(text));
	text[10] = '0';
	text[sizeof(text) - 2] = '\0';
	assert_false(digest_is_valid(text));
	assert_false(digest_is_valid(ABC "0"));
	assert_false(digest_is_valid("sha512:" EMPTY));
	assert_false(digest_is_valid(""));
	assert_false(digest_is_valid("sha256:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_the_published_digest),
		cmocka_unit_test(a_file_has_the_digest_of_its_bytes),
		cmocka_unit_test(a_file_above_the_bound_is_refused),
		cmocka_unit_test(only_the_exact_form_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
