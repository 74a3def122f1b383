/* SPDX-License-Identifier: Apache-2.0 */
/* What reaches stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"

/* What the function writes to stderr, as a heap string. */
static char *stderr_of(void (*say)(void))
{
	_close_ int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	char *text = NULL;
	size_t len;

	assert_non_null(file);
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	say();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(fd_read_all(fileno(file), 65536, &text, &len), 0);
	fclose(file);
	return text;
}

static void say_two_levels(void)
{
	log_open(LOG_LEVEL_INFO);
	log_info("op=%d", 42);
	log_debug("hidden");
}

static void say_control_characters(void)
{
	log_open(LOG_LEVEL_INFO);
	log_error("name=%s", "a\nop=43\x1b[31m");
}

static void say_to_the_journal(void)
{
	char stream[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_LEVEL_INFO);
	unsetenv("JOURNAL_STREAM");
	log_warning("degraded");
}

static void lines_above_the_level_are_dropped(void **state)
{
	_free_ char *text = stderr_of(say_two_levels);

	(void)state;
	assert_string_equal(text, "op=42\n");
}

static void a_value_cannot_forge_a_second_line(void **state)
{
	_free_ char *text = stderr_of(say_control_characters);

	(void)state;
	assert_string_equal(text, "name=a?op=43?[31m\n");
}

static void the_journal_gets_the_level(void **state)
{
	_free_ char *text = stderr_of(say_to_the_journal);

	(void)state;
	assert_string_equal(text, "<4>degraded\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_above_the_level_are_dropped),
		cmocka_unit_test(a_value_cannot_forge_a_second_line),
		cmocka_unit_test(the_journal_gets_the_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
