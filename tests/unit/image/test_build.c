/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: what the files of a layout become. Objects are compiled in tests/interop; here only what
 * needs none. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "fixture.h"
#include "image/build/build.h"
#include "image/build/layout.h"
#include "image/build/pack.h"
#include "image/read.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char *index_of(int layout)
{
	_close_ int fd = openat(layout, "index.json", O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t len;

	assert_int_equal(fd_read_all(fd, IMAGE_JSON_MAX, &text, &len), 0);
	return text;
}

static void tag(int layout, const char *name, const char *content)
{
	struct image_bytes b = {(char *)(uintptr_t)content, strlen(content)};
	char digest[DIGEST_TEXT_SIZE];
	struct image_descriptor d = {
		.media_type = OCI_MANIFEST, .digest = digest, .size = b.len, .tag = name};

	assert_int_equal(image_layout_put(layout, &b, digest, NULL), 0);
	assert_int_equal(image_layout_tag(layout, &d, NULL), 0);
}

static unsigned int count(const char *text, const char *what)
{
	unsigned int n = 0;

	while ((text = strstr(text, what))) {
		text++;
		n++;
	}
	return n;
}

static void a_tag_is_added_and_replaced(void **state)
{
	_fixture_ struct fixture f;
	_free_ char *index = NULL;
	char path[96];
	int layout;

	(void)state;
	fixture_init(&f);
	snprintf(path, sizeof(path), "%s/new", f.path);
	layout = image_layout_open(path, NULL);
	assert_true(layout >= 0);
	tag(layout, "v1", "one");
	tag(layout, "v2", "two");
	tag(layout, "v1", "three");
	index = index_of(layout);
	assert_int_equal(count(index, "\"v1\""), 1);
	assert_int_equal(count(index, "\"v2\""), 1);
	assert_int_equal(count(index, "sha256:"), 2);
	assert_int_equal(faccessat(layout, "oci-layout", R_OK, 0), 0);
	assert_int_equal(faccessat(layout, "blobs/sha256/.bpfctl", F_OK, 0), -1);
	close(layout);
}

static void a_directory_with_other_files_is_left_alone(void **state)
{
	_reason_ struct reason why = {0};
	_fixture_ struct fixture f;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "precious", "data");
	unlinkat(f.fd, "oci-layout", 0);
	assert_int_equal(image_layout_open(f.path, &why), -EEXIST);
	assert_int_equal(faccessat(f.fd, "oci-layout", F_OK, 0), -1);
}

static void the_same_input_packs_to_the_same_bytes(void **state)
{
	_bytes_ struct image_bytes object = fixture_object(3000);
	_bytes_ struct image_bytes tar = {0};
	_bytes_ struct image_bytes one = {0};
	_bytes_ struct image_bytes two = {0};

	(void)state;
	assert_int_equal(image_pack_tar("x.o", &object, &tar, NULL), 0);
	assert_int_equal(image_pack_gzip(&tar, &one, NULL), 0);
	assert_int_equal(image_pack_gzip(&tar, &two, NULL), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	/* RFC 1952: the time of the file, 0 for none. */
	assert_memory_equal(one.data + 4, "\0\0\0", 4);
}

static int build(const char *layout, const char *name, const char *object, const char *label)
{
	struct image_build what = {.layout = layout,
				   .tag = name,
				   .machines = {{NULL, object}},
				   .n_machines = 1,
				   .labels = &label,
				   .n_labels = label ? 1 : 0};
	char digest[DIGEST_TEXT_SIZE];

	return image_build(&what, digest, NULL);
}

static void what_cannot_become_an_image_makes_no_layout(void **state)
{
	_fixture_ struct fixture f;
	char layout[96], object[96];

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "x.o", "no object");
	snprintf(layout, sizeof(layout), "%s/new", f.path);
	snprintf(object, sizeof(object), "%s/x.o", f.path);
	assert_int_equal(build(layout, "v1", object, NULL), -ENOEXEC);
	assert_int_equal(build(layout, "v1", "/nonexistent/x.o", NULL), -ENOENT);
	assert_int_equal(build(layout, "a b", object, NULL), -EINVAL);
	assert_int_equal(access(layout, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_added_and_replaced),
		cmocka_unit_test(a_directory_with_other_files_is_left_alone),
		cmocka_unit_test(the_same_input_packs_to_the_same_bytes),
		cmocka_unit_test(what_cannot_become_an_image_makes_no_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
