/* SPDX-License-Identifier: Apache-2.0 */
/* Files of credentials, challenges and tokens: what is found, for whom, and what is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "model/bytecode.h"
#include "registry/auth/auth.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* user:pass, other:word */
#define FILE_TEXT                                                                                  \
	"{\"auths\":{\"quay.io\":{\"auth\":\"dXNlcjpwYXNz\"},"                                     \
	"\"quay.io/x\":{\"auth\":\"b3RoZXI6d29yZA==\"},"                                           \
	"\"https://index.docker.io/v1/\":{\"identitytoken\":\"tok\"}},"                            \
	"\"credHelpers\":{\"ghcr.io\":\"pass\"}}"

static int find(const char *text, const char *host, const char *repository, struct credentials *ret,
		struct reason *why)
{
	const struct auth_file file = {text, strlen(text)};
	const struct bytecode image = {.host = (char *)(uintptr_t)host,
				       .repository = (char *)(uintptr_t)repository};

	return auth_find(&file, &image, ret, why);
}

static void the_longest_key_wins(void **state)
{
	static const struct {
		const char *host, *repository, *user;
		int want;
	} rows[] = {
		{"quay.io", "y/z", "user", 1},	    {"quay.io", "x/z", "other", 1},
		{"quay.io", "xy/z", "user", 1},	    {"quay.io.evil.org", "x/z", NULL, 0},
		{"evil.org", "quay.io/x", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_credentials_ struct credentials c = {.username = NULL};

		assert_int_equal(find(FILE_TEXT, rows[i].host, rows[i].repository, &c, NULL),
				 rows[i].want);
		if (rows[i].user)
			assert_string_equal(c.username, rows[i].user);
	}
}

static void tokens_and_helpers_are_told_apart(void **state)
{
	_credentials_ struct credentials docker = {.username = NULL};
	_credentials_ struct credentials ghcr = {.username = NULL};

	(void)state;
	assert_int_equal(find(FILE_TEXT, "docker.io", "library/x", &docker, NULL), 1);
	assert_string_equal(docker.identity_token, "tok");
	assert_int_equal(find(FILE_TEXT, "ghcr.io", "x/y", &ghcr, NULL), 1);
	assert_string_equal(ghcr.helper, "pass");
}

static void a_broken_file_is_refused_without_its_words(void **state)
{
	static const char *const texts[] = {"", "[]",
					    "{\"auths\":{\"quay.io\":{\"auth\":\"SECRET\"",
					    "{\"auths\":{\"quay.io\":{\"auth\":\"SECRET!\"}}}"};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_credentials_ struct credentials c = {.username = NULL};
		_reason_ struct reason why = {.code = 0};

		assert_true(find(texts[i], "quay.io", "x", &c, &why) <= 0);
		assert_null(strstr(why.text, "SECRET"));
		assert_null(c.password);
	}
}

static void challenges_are_read(void **state)
{
	_challenge_ struct challenge bearer = {.realm = NULL};
	_challenge_ struct challenge basic = {.realm = NULL};
	_challenge_ struct challenge bad = {.realm = NULL};

	(void)state;
	assert_int_equal(challenge_parse("Bearer realm=\"https://a/token\",service=\"r\","
					 "scope=\"repository:x/y:pull,push\"",
					 &bearer, NULL),
			 0);
	assert_string_equal(bearer.realm, "https://a/token");
	assert_string_equal(bearer.service, "r");
	assert_string_equal(bearer.scope, "repository:x/y:pull,push");
	assert_int_equal(challenge_parse("basic realm=\"x\"", &basic, NULL), 0);
	assert_true(basic.is_basic);
	assert_int_equal(challenge_parse("Negotiate", &bad, NULL), -EBADMSG);
	assert_int_equal(challenge_parse("Bearer service=\"r\"", &bad, NULL), -EBADMSG);
}

static void a_token_is_a_word_of_a_header(void **state)
{
	static const struct {
		const char *json;
		const char *want;
	} rows[] = {
		{"{\"token\":\"abc\"}", "abc"},
		{"{\"access_token\":\"abc\"}", "abc"},
		{"{\"token\":\"a\\r\\nb: c\"}", NULL},
		{"{\"token\":\"\"}", NULL},
		{"{}", NULL},
		{"token", NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_free_ char *token = NULL;
		int r = auth_token(rows[i].json, strlen(rows[i].json), &token, NULL);

		assert_int_equal(r, rows[i].want ? 0 : -EBADMSG);
		if (rows[i].want)
			assert_string_equal(token, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_key_wins),
		cmocka_unit_test(tokens_and_helpers_are_told_apart),
		cmocka_unit_test(a_broken_file_is_refused_without_its_words),
		cmocka_unit_test(challenges_are_read),
		cmocka_unit_test(a_token_is_a_word_of_a_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
