/* SPDX-License-Identifier: Apache-2.0 */
/* Names on a bpffs, mounts, pins and their removal. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PINS "/tmp"

static int is_skipped;

static void names_survive_escaping(void **state)
{
	static const char *const names[] = {"plain", ".rodata", "a.b/c%d", "%2e", "…"};

	(void)state;
	for (size_t i = 0; i < array_size(names); i++) {
		char *escaped _free_ = bpffs_escape(names[i]);
		char *again _free_ = bpffs_unescape(escaped);

		assert_null(strpbrk(escaped, "./"));
		assert_string_equal(again, names[i]);
	}
}

static void what_escaping_never_makes_is_refused(void **state)
{
	(void)state;
	assert_null(bpffs_unescape("%41"));
	assert_null(bpffs_unescape("a%2"));
	assert_null(bpffs_unescape("%"));
}

static int make_map(void)
{
	const struct bpf_map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return bpf_map_make(&spec);
}

static void a_pin_is_made_opened_renamed_and_removed(void **state)
{
	int map _close_ = is_skipped ? -1 : make_map();
	int again _close_ = -1;
	struct reason why _reason_ = {0};

	(void)state;
	if (is_skipped)
		skip();
	assert_true(map >= 0);
	assert_int_equal(bpf_pin(map, PINS "/a", NULL), 0);
	assert_int_equal(bpf_pin(map, PINS "/a", NULL), -EEXIST);
	assert_int_equal(bpf_pin(map, PINS "/b.c", &why), -EPERM);
	assert_non_null(strstr(why.text, "'.' in the name"));
	assert_int_equal(bpf_pin(map, PINS "/b", NULL), 0);
	assert_int_equal(bpffs_rename(PINS "/a", PINS "/b", NULL), -EEXIST);
	assert_int_equal(bpffs_rename(PINS "/a", PINS "/c", NULL), 0);
	again = bpf_pin_open(PINS "/c", true, NULL);
	assert_true(again >= 0);
	assert_int_equal(bpf_map_put(again, &(uint32_t){0}, &(uint32_t){1}, 0), -EPERM);
	assert_int_equal(bpf_pin_open(PINS "/a", false, NULL), -ENOENT);
	assert_int_equal(bpffs_unlink(PINS "/b", NULL), 0);
	assert_int_equal(bpffs_unlink(PINS "/b", NULL), 0);
	assert_int_equal(bpffs_unlink(PINS "/c", NULL), 0);
}

static void a_tree_goes_with_everything_in_it(void **state)
{
	int map _close_ = is_skipped ? -1 : make_map();

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(mkdir(PINS "/t", 0700), 0);
	assert_int_equal(mkdir(PINS "/t/u", 0700), 0);
	assert_int_equal(bpf_pin(map, PINS "/t/m", NULL), 0);
	assert_int_equal(bpf_pin(map, PINS "/t/u/m", NULL), 0);
	assert_int_equal(bpffs_remove_tree(PINS "/t", NULL), 0);
	assert_int_equal(access(PINS "/t", F_OK), -1);
	assert_int_equal(bpffs_remove_tree(PINS "/t", NULL), 0);
}

static void a_tree_is_not_left(void **state)
{
	int map _close_ = is_skipped ? -1 : make_map();

	(void)state;
	if (is_skipped)
		skip();
	/* another bpffs inside, a link to it, and a tree that is no bpffs at all */
	assert_int_equal(mkdir(PINS "/outer", 0700), 0);
	assert_int_equal(mkdir(PINS "/outer/inner", 0700), 0);
	assert_int_equal(bpffs_mount(PINS "/outer/inner", 0700, NULL), 0);
	assert_int_equal(bpf_pin(map, PINS "/outer/inner/m", NULL), 0);
	assert_int_equal(bpffs_remove_tree(PINS "/outer", NULL), -EXDEV);
	assert_int_equal(access(PINS "/outer/inner/m", F_OK), 0);
	assert_int_equal(symlink(PINS "/outer/inner", PINS "/link"), 0);
	assert_int_equal(bpffs_remove_tree(PINS "/link", NULL), -ENOTDIR);
	assert_int_equal(access(PINS "/outer/inner/m", F_OK), 0);
	assert_int_equal(unlink(PINS "/link"), 0);
	assert_int_equal(bpffs_unmount(PINS "/outer/inner", NULL), 0);
	assert_int_equal(bpffs_remove_tree(PINS "/outer", NULL), 0);
	assert_int_equal(bpffs_remove_tree("/proc/self/fdinfo", NULL), -EXDEV);
}

static void a_bpffs_that_only_we_see_is_refused(void **state)
{
	struct reason why _reason_ = {0}, other _reason_ = {0};

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(bpffs_is_at(PINS), 1);
	assert_int_equal(bpffs_check(PINS, &why), -EXDEV);
	assert_non_null(strstr(why.text, "only this daemon sees"));
	assert_int_equal(bpffs_check("/proc", &other), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_survive_escaping),
		cmocka_unit_test(what_escaping_never_makes_is_refused),
		cmocka_unit_test(a_pin_is_made_opened_renamed_and_removed),
		cmocka_unit_test(a_tree_goes_with_everything_in_it),
		cmocka_unit_test(a_tree_is_not_left),
		cmocka_unit_test(a_bpffs_that_only_we_see_is_refused),
	};

	is_skipped = geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
		     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		     bpffs_mount(PINS, 0700, NULL) < 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
