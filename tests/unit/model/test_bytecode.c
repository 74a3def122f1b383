/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of sources of bytecode. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/bytecode.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void every_form_is_understood_and_made_canonical(void **state)
{
	static const struct {
		const char *text;
		enum bytecode_scheme scheme;
		const char *url, *path, *tag;
	} rows[] = {
		{"/x.o", BYTECODE_FILE, "file:///x.o", "/x.o", NULL},
		{"file:///a/b:c.o", BYTECODE_FILE, "file:///a/b:c.o", "/a/b:c.o", NULL},
		{"oci:/layout", BYTECODE_OCI, "oci:/layout", "/layout", NULL},
		{"oci:/layout/", BYTECODE_OCI, "oci:/layout", "/layout", NULL},
		{"oci:/layout:v1", BYTECODE_OCI, "oci:/layout:v1", "/layout", "v1"},
		{"oci:/l/:localhost/x:v1", BYTECODE_OCI, "oci:/l:localhost/x:v1", "/l",
		 "localhost/x:v1"},
		{"image://quay.io/bpfd-bytecode/xdp_pass:latest", BYTECODE_IMAGE,
		 "image://quay.io/bpfd-bytecode/xdp_pass:latest",
		 "quay.io/bpfd-bytecode/xdp_pass:latest", "latest"},
		{"image://localhost:5000/x", BYTECODE_IMAGE, "image://localhost:5000/x",
		 "localhost:5000/x:latest", "latest"},
		{"image://r.io/x:v1@" DIGEST, BYTECODE_IMAGE, "image://r.io/x:v1@" DIGEST,
		 "r.io/x:v1@" DIGEST, "v1"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_(bytecode_done) struct bytecode b = {0};

		assert_int_equal(bytecode_parse(rows[i].text, &b, NULL), 0);
		assert_int_equal(b.scheme, rows[i].scheme);
		assert_string_equal(b.url, rows[i].url);
		assert_string_equal(b.path, rows[i].path);
		if (rows[i].tag)
			assert_string_equal(b.tag, rows[i].tag);
		else
			assert_null(b.tag);
	}
}

static void an_image_is_cut_into_its_parts(void **state)
{
	static const struct {
		const char *text, *host, *repository, *tag, *digest, *version;
	} rows[] = {
		{"image://quay.io/a/b:v1", "quay.io", "a/b", "v1", NULL, "v1"},
		{"image://127.0.0.1:5000/x", "127.0.0.1:5000", "x", "latest", NULL, "latest"},
		{"image://r.io/x@" DIGEST, "r.io", "x", NULL, DIGEST, DIGEST},
		{"image://r.io/x:v1@" DIGEST, "r.io", "x", "v1", DIGEST, DIGEST},
		{"image://docker.io/x:v1", "docker.io", "library/x", "v1", NULL, "v1"},
		{"image://docker.io/a/x", "docker.io", "a/x", "latest", NULL, "latest"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_cleanup_(bytecode_done) struct bytecode b = {0};

		assert_int_equal(bytecode_parse(rows[i].text, &b, NULL), 0);
		assert_string_equal(b.host, rows[i].host);
		assert_string_equal(b.repository, rows[i].repository);
		assert_true(rows[i].tag ? b.tag && strcmp(b.tag, rows[i].tag) == 0 : !b.tag);
		assert_true(rows[i].digest ? b.digest && strcmp(b.digest, rows[i].digest) == 0
					   : !b.digest);
		assert_string_equal(bytecode_version(&b), rows[i].version);
	}
}

static void what_is_no_source_is_refused_with_the_form(void **state)
{
	static const char *const texts[] = {
		"",
		"x.o",
		"./x.o",
		"/",
		"file://x.o",
		"file://",
		"oci:layout",
		"oci:./layout:v1",
		"oci:",
		"oci:/layout:",
		"oci:/layout:a b",
		"image://",
		"image://x",
		"image:///x",
		"image://r.io/",
		"image://r.io/X:v1",
		"image://r.io/x:",
		"image://r.io/x:v/1",
		"image://r.io//x",
		"image://r.io/x@sha256:12",
		"image://r.io/x y",
		"https://example.org/x.o",
		"/x\n.o",
	};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		struct bytecode b = {.url = (char *)1};
		_reason_ struct reason why = {0};

		assert_int_equal(bytecode_parse(texts[i], &b, &why), -EINVAL);
		assert_true(why.text[0] != '\0');
		assert_ptr_equal(b.url, (char *)1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_understood_and_made_canonical),
		cmocka_unit_test(an_image_is_cut_into_its_parts),
		cmocka_unit_test(what_is_no_source_is_refused_with_the_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
