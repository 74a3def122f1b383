/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of good objects, and of the bad ones that people have. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "look/describe.h"
#include "look/sections.h"
#include "look/symbol.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char *fixture(const char *name, size_t *ret_len)
{
	char path[512];
	char *data = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", getenv("FIXTURES"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, OBJECT_SIZE_MAX, &data, ret_len), 0);
	close(fd);
	return data;
}

static const struct object_global *find(const struct object *o, const char *name)
{
	for (size_t i = 0; i < o->n_globals; i++)
		if (strcmp(o->globals[i].name, name) == 0)
			return &o->globals[i];
	return NULL;
}

static void programs_maps_and_globals_are_described(void **state)
{
	_cleanup_(object_done) struct object o = {0};
	_reason_ struct reason why = {0};
	_free_ char *data = NULL;
	size_t len;

	(void)state;
	data = fixture("counter.bpf.o", &len);
	assert_int_equal(describe_object(data, len, &o, &why), 0);
	assert_string_equal(o.license, "Dual BSD/GPL");
	assert_true(o.has_btf);
	assert_int_equal(o.n_programs, 2);
	assert_string_equal(o.programs[0].function, "count");
	assert_string_equal(o.programs[0].section, "stats");
	assert_int_equal(o.programs[0].kind, HOOK_KIND_UNKNOWN);
	assert_int_equal(o.programs[1].kind, HOOK_XDP);
	assert_true(o.programs[1].has_frags);
	assert_true(object_find_map(&o, "shared")->is_pinned);
	assert_false(object_find_map(&o, "packets")->is_internal);
	assert_true(object_find_map(&o, ".rodata")->is_internal);
	assert_int_equal(find(&o, "sampling")->type, GLOBAL_UNSIGNED);
	assert_int_equal(find(&o, "offset")->type, GLOBAL_SIGNED);
	assert_int_equal(find(&o, "is_on")->type, GLOBAL_BOOL);
	assert_int_equal(find(&o, "label")->type, GLOBAL_STRING);
	assert_int_equal(find(&o, "label")->size, 16);
	assert_int_equal(find(&o, "limits")->type, GLOBAL_BYTES);
	assert_string_equal(find(&o, "seen")->map, ".data");
	assert_string_equal(find(&o, "lost")->map, ".bss");
}

static void sections_tell_the_kind_and_the_target(void **state)
{
	_cleanup_(object_done) struct object o = {0};
	_free_ char *data = NULL;
	size_t len;

	(void)state;
	data = fixture("probes.bpf.o", &len);
	assert_int_equal(describe_object(data, len, &o, NULL), 0);
	assert_int_equal(object_find_program(&o, "on_function")->kind, HOOK_UPROBE);
	assert_string_equal(object_find_program(&o, "on_function")->target, "/bin/true:main");
	assert_int_equal(object_find_program(&o, "on_return")->kind, HOOK_URETPROBE);
	assert_int_equal(object_find_program(&o, "on_switch")->kind, HOOK_RAW_TP);
	assert_int_equal(object_find_program(&o, "on_packet")->kind, HOOK_TC);
}

static void refused(const void *data, size_t len, const char *words, const char *hint)
{
	_reason_ struct reason why = {0};
	struct object o = {0};

	assert_int_equal(describe_object(data, len, &o, &why), -ENOEXEC);
	assert_non_null(strstr(why.text, words));
	assert_non_null(strstr(why.hint, hint));
}

static void what_is_no_bpf_object_is_named(void **state)
{
	_free_ char *data = NULL;
	Elf64_Ehdr *head;
	Elf64_Half names;
	size_t len;

	(void)state;
	refused("", 0, "empty", "");
	refused("#!/bin/sh\n", 10, "not an ELF file", "clang");
	data = fixture("tracepoint.bpf.o", &len);
	refused(data, 40, "truncated", "");
	refused(data, len / 2, "truncated", "");
	refused(data, len - 1, "truncated", "");
	head = (Elf64_Ehdr *)(void *)data;
	head->e_machine = EM_X86_64;
	refused(data, len, "x86-64", "-target bpf");
	head->e_machine = EM_BPF;
	head->e_type = ET_EXEC;
	refused(data, len, "relocatable", "");
	head->e_type = ET_REL;
	names = head->e_shstrndx;
	head->e_shstrndx = 0;
	refused(data, len, "no section names", "");
	head->e_shstrndx = names;
	head->e_ident[EI_DATA] = head->e_ident[EI_DATA] == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
	refused(data, len, "endian", "-target bpf");
}

static void legacy_maps_have_a_cure(void **state)
{
	_free_ char *data = NULL;
	size_t len;

	(void)state;
	data = fixture("legacy.bpf.o", &len);
	refused(data, len, "legacy map definitions", ".maps");
}

static void an_object_without_programs_is_refused(void **state)
{
	_free_ char *data = NULL;
	size_t len;

	(void)state;
	data = fixture("nothing.bpf.o", &len);
	refused(data, len, "no program", "SEC");
}

static void the_first_checks_survive_every_changed_header_byte(void **state)
{
	char license[SECTIONS_LICENSE_SIZE];
	_free_ char *data = NULL;
	size_t len;

	(void)state;
	data = fixture("tracepoint.bpf.o", &len);
	for (size_t i = 0; i < len; i++)
		for (int v = 0; v < 256; v += 85) {
			char old = data[i];

			data[i] = (char)v;
			if (sections_check(data, len, NULL) == 0)
				sections_license(data, license);
			data[i] = old;
		}
}

__attribute__((noinline)) int test_describe_landmark(int x);
int test_describe_landmark(int x)
{
	return x * 3 + 1;
}

static void a_function_of_a_binary_is_found(void **state)
{
	_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_reason_ struct reason why = {0};
	unsigned char in_file[8];
	uint64_t offset = 0;

	(void)state;
	assert_int_equal(test_describe_landmark(2), 7);
	assert_int_equal(symbol_offset(fd, "test_describe_landmark", &offset, &why), 0);
	assert_int_equal(pread(fd, in_file, sizeof(in_file), (off_t)offset), sizeof(in_file));
	assert_memory_equal(in_file, (const void *)(uintptr_t)test_describe_landmark,
			    sizeof(in_file));
	assert_int_equal(symbol_offset(fd, "test_describe_landmarc", &offset, &why), -ENOENT);
	assert_non_null(strstr(why.hint, "test_describe_landmark"));
}

static void a_text_is_no_binary(void **state)
{
	_close_ int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	uint64_t offset;

	(void)state;
	assert_int_equal(symbol_offset(fd, "main", &offset, NULL), -ENOEXEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_maps_and_globals_are_described),
		cmocka_unit_test(sections_tell_the_kind_and_the_target),
		cmocka_unit_test(what_is_no_bpf_object_is_named),
		cmocka_unit_test(legacy_maps_have_a_cure),
		cmocka_unit_test(an_object_without_programs_is_refused),
		cmocka_unit_test(the_first_checks_survive_every_changed_header_byte),
		cmocka_unit_test(a_function_of_a_binary_is_found),
		cmocka_unit_test(a_text_is_no_binary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
