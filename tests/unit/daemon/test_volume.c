/* SPDX-License-Identifier: Apache-2.0 */
/* What a volume may be called, where it may be, and how its place is opened. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/volume/target.h"
#include "daemon/volume/volume.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int set_maps(struct volume *v, const char *a, const char *b)
{
	char *names[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b};

	return volume_set_maps(v, names, b ? 2 : 1, NULL);
}

static void maps_are_sorted_and_no_name_comes_twice(void **state)
{
	_cleanup_(volume_done) struct volume v = {.id = NULL};
	char name[VOLUME_MAP_MAX + 1], long_name[VOLUME_MAP_MAX + 2];
	const char *at;

	(void)state;
	assert_int_equal(set_maps(&v, "b", "a"), 0);
	assert_string_equal(v.maps, "a,b");
	at = v.maps;
	assert_true(volume_next_map(&at, name));
	assert_string_equal(name, "a");
	assert_true(volume_next_map(&at, name));
	assert_string_equal(name, "b");
	assert_false(volume_next_map(&at, name));
	memset(long_name, 'm', sizeof(long_name));
	long_name[VOLUME_MAP_MAX + 1] = '\0';
	assert_int_equal(set_maps(&v, "a", "a"), -EINVAL);
	assert_int_equal(set_maps(&v, ".bss", NULL), -EINVAL);
	assert_int_equal(set_maps(&v, "a.b", NULL), -EINVAL);
	assert_int_equal(set_maps(&v, "a,b", NULL), -EINVAL);
	assert_int_equal(set_maps(&v, "..", NULL), -EINVAL);
	assert_int_equal(set_maps(&v, "", NULL), -EINVAL);
	assert_int_equal(set_maps(&v, long_name, NULL), -EINVAL);
	assert_int_equal(volume_set_maps(&v, NULL, 0, NULL), -EINVAL);
	assert_int_equal(volume_set_maps(&v, NULL, VOLUME_MAPS_MAX + 1, NULL), -E2BIG);
	assert_string_equal(v.maps, "a,b");
}

static void a_target_is_beneath_the_pods(void **state)
{
	static const char *const bad[] = {"/var/lib/kubelet/pods",
					  "/var/lib/kubelet/pods/",
					  "/var/lib/kubelet/podsx/a",
					  "/var/lib/kubelet/pods/../a",
					  "/var/lib/kubelet/pods/a/..",
					  "/var/lib/kubelet/pods/a/../../b",
					  "/var/lib/kubelet/pods/a//b",
					  "/var/lib/kubelet/pods/a/./b",
					  "/var/lib/kubelet/pods/a/",
					  "/etc/passwd",
					  "pods/a",
					  "",
					  "/"};
	const char *relative = NULL;

	(void)state;
	assert_int_equal(
		volume_relative("/var/lib/kubelet/pods/u/v", "/var/lib/kubelet", &relative, NULL),
		0);
	assert_string_equal(relative, "u/v");
	assert_int_equal(volume_relative("/k/pods/u/...", "/k/", &relative, NULL), 0);
	assert_string_equal(relative, "u/...");
	for (size_t i = 0; i < array_size(bad); i++)
		assert_int_equal(volume_relative(bad[i], "/var/lib/kubelet", &relative, NULL),
				 -EINVAL);
}

static void only_the_same_arguments_are_the_same(void **state)
{
	char text[][8] = {"id", "target", "config", "a", "other"};
	const struct volume a = {
		.id = text[0], .target = text[1], .config = text[2], .maps = text[3]};
	struct volume b = a;

	(void)state;
	assert_true(volume_same(&a, &b));
	b.group = 7;
	assert_true(volume_same(&a, &b));
	b.has_group = true;
	assert_false(volume_same(&a, &b));
	b = a;
	b.maps = text[4];
	assert_false(volume_same(&a, &b));
	b = a;
	b.is_read_only = true;
	assert_false(volume_same(&a, &b));
	b = a;
	b.layout = VOLUME_BPFMAN;
	assert_false(volume_same(&a, &b));
	b = a;
	b.config = text[4];
	assert_false(volume_same(&a, &b));
}

static void texts_have_bounds(void **state)
{
	char id[VOLUME_ID_MAX + 2], target[VOLUME_TARGET_MAX + 2], config[] = "c";
	struct volume v = {.id = id, .target = target, .config = config};

	(void)state;
	memset(id, 'i', sizeof(id));
	memset(target, 't', sizeof(target));
	id[VOLUME_ID_MAX] = target[VOLUME_TARGET_MAX] = '\0';
	assert_int_equal(volume_check(&v, NULL), 0);
	id[VOLUME_ID_MAX] = 'i';
	id[VOLUME_ID_MAX + 1] = '\0';
	assert_int_equal(volume_check(&v, NULL), -EINVAL);
	id[0] = '\0';
	assert_int_equal(volume_check(&v, NULL), -EINVAL);
	strcpy(id, "a\nb");
	assert_int_equal(volume_check(&v, NULL), -EINVAL);
	strcpy(id, "i");
	target[VOLUME_TARGET_MAX] = 't';
	target[VOLUME_TARGET_MAX + 1] = '\0';
	assert_int_equal(volume_check(&v, NULL), -EINVAL);
	strcpy(target, "/t");
	config[0] = '/';
	assert_int_equal(volume_check(&v, NULL), -EINVAL);
}

static void no_link_is_followed(void **state)
{
	char dir[] = "/tmp/bpfd-volume.XXXXXX";
	_free_ char *remove = NULL;
	_close_ int root = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(asprintf(&remove, "rm -rf %s", dir) > 0);
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(root >= 0);
	assert_int_equal(mkdirat(root, "a", 0755), 0);
	assert_int_equal(mkdirat(root, "a/b", 0755), 0);
	assert_int_equal(symlinkat("/etc", root, "a/out"), 0);
	assert_int_equal(symlinkat("b", root, "a/in"), 0);
	for (int walk = 0; walk < 2; walk++) {
		int fd = target_open_beneath(root, "a/b", walk);

		assert_true(fd >= 0);
		close(fd);
		fd = target_open_beneath(root, ".", walk);
		assert_true(fd >= 0);
		close(fd);
		assert_true(target_open_beneath(root, "a/out", walk) < 0);
		assert_true(target_open_beneath(root, "a/in", walk) < 0);
		assert_true(target_open_beneath(root, "a/out/ssl", walk) < 0);
		assert_true(target_open_beneath(root, "../etc", walk) < 0);
		assert_true(target_open_beneath(root, "a/../../etc", walk) < 0);
		assert_true(target_open_beneath(root, "/etc", walk) < 0);
		assert_int_equal(target_open_beneath(root, "a/none", walk), -ENOENT);
	}
	assert_int_equal(system(remove), 0);
}

static void a_line_of_mountinfo_is_read(void **state)
{
	char good[] =
		"36 35 98:0 /mnt1 /a\\040b/c ro,noatime master:1 shared:2 - tmpfs bpfd.x rw\n";
	char plain[] = "36 35 98:0 / /a rw - bpf bpf rw\n";
	char no_separator[] = "36 35 98:0 / /a rw bpf bpf rw\n",
	     number[] = "x 35 98:0 / /a rw - a b c";
	char is_short[] = "36 35 98:0 - a b c", empty[] = "";
	struct mount_line m;

	(void)state;
	assert_int_equal(target_parse_mount(good, &m), 0);
	assert_int_equal(m.id, 36);
	assert_string_equal(m.root, "/mnt1");
	assert_string_equal(m.path, "/a b/c");
	assert_string_equal(m.type, "tmpfs");
	assert_string_equal(m.source, "bpfd.x");
	assert_true(m.is_shared);
	assert_int_equal(target_parse_mount(plain, &m), 0);
	assert_string_equal(m.source, "bpf");
	assert_false(m.is_shared);
	assert_int_equal(target_parse_mount(no_separator, &m), -EINVAL);
	assert_int_equal(target_parse_mount(number, &m), -EINVAL);
	assert_int_equal(target_parse_mount(is_short, &m), -EINVAL);
	assert_int_equal(target_parse_mount(empty, &m), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_are_sorted_and_no_name_comes_twice),
		cmocka_unit_test(a_target_is_beneath_the_pods),
		cmocka_unit_test(only_the_same_arguments_are_the_same),
		cmocka_unit_test(texts_have_bounds),
		cmocka_unit_test(no_link_is_followed),
		cmocka_unit_test(a_line_of_mountinfo_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
