/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of messages, whatever their type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* cmocka has a macro of this name. */
#undef fail

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "wire/bpfd.pb-c.h"
#include "wire/check.h"

static void a_usual_message_passes(void **state)
{
	Bpfd__V1__Label label = BPFD__V1__LABEL__INIT, *labels[] = {&label};
	Bpfd__V1__AttachRequest m = BPFD__V1__ATTACH_REQUEST__INIT;
	char *verdicts[] = {"pass", "dispatcher_return"};

	(void)state;
	m.program = "counter";
	m.hook = "xdp:eth0";
	m.proceed_on = verdicts;
	m.n_proceed_on = 2;
	label.key = "team";
	label.value = "grün";
	m.labels = labels;
	m.n_labels = 1;
	assert_int_equal(wire_check(&m.base, NULL), 0);
}

static void the_error_names_the_field(void **state)
{
	Bpfd__V1__ProgramChoice a = BPFD__V1__PROGRAM_CHOICE__INIT, b = a;
	Bpfd__V1__ProgramChoice *choices[] = {&a, &b};
	Bpfd__V1__LoadRequest m = BPFD__V1__LOAD_REQUEST__INIT;
	_reason_ struct reason why = {0};

	(void)state;
	m.programs = choices;
	m.n_programs = 2;
	b.entry = "co\nunt";
	assert_int_equal(wire_check(&m.base, &why), -EINVAL);
	assert_string_equal(why.text, "programs[1]: entry: not UTF-8, or has control characters");
}

static void invalid_utf8_is_refused(void **state)
{
	static const char *const bad[] = {"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "a\x7f",
					  "\x1b[0m"};
	Bpfd__V1__UnloadRequest m = BPFD__V1__UNLOAD_REQUEST__INIT;

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		m.program = (char *)(uintptr_t)bad[i];
		assert_int_equal(wire_check(&m.base, NULL), -EINVAL);
	}
}

static void a_string_has_at_most_4096_bytes(void **state)
{
	Bpfd__V1__UnloadRequest m = BPFD__V1__UNLOAD_REQUEST__INIT;
	char text[WIRE_STRING_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[WIRE_STRING_MAX] = '\0';
	m.program = text;
	assert_int_equal(wire_check(&m.base, NULL), 0);
	text[WIRE_STRING_MAX] = 'x';
	text[WIRE_STRING_MAX + 1] = '\0';
	assert_int_equal(wire_check(&m.base, NULL), -E2BIG);
}

static void a_field_has_at_most_1024_elements(void **state)
{
	static char *names[WIRE_REPEATED_MAX + 1];
	Bpfd__V1__DeleteRequest m = BPFD__V1__DELETE_REQUEST__INIT;
	_reason_ struct reason why = {0};

	(void)state;
	for (size_t i = 0; i < array_size(names); i++)
		names[i] = "x";
	m.configs = names;
	m.n_configs = WIRE_REPEATED_MAX;
	assert_int_equal(wire_check(&m.base, NULL), 0);
	m.n_configs++;
	assert_int_equal(wire_check(&m.base, &why), -E2BIG);
	assert_string_equal(why.text, "configs: 1025 elements, at most 1024 are taken");
}

static void a_packed_message_unpacks_to_the_same(void **state)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__AttachRequest m = BPFD__V1__ATTACH_REQUEST__INIT, *copy;
	ProtobufCMessage *message;
	_free_ void *data = NULL;
	size_t len;

	(void)state;
	m.program = "counter";
	m.has_priority_case = BPFD__V1__ATTACH_REQUEST__HAS_PRIORITY_PRIORITY;
	m.priority = 0;
	assert_int_equal(wire_pack(&m.base, &data, &len), 0);
	assert_int_equal(wire_unpack(m.base.descriptor, data, len, &arena, &message), 0);
	copy = (Bpfd__V1__AttachRequest *)message;
	assert_string_equal(copy->program, "counter");
	assert_string_equal(copy->hook, "");
	assert_int_equal(copy->has_priority_case, BPFD__V1__ATTACH_REQUEST__HAS_PRIORITY_PRIORITY);
}

static void an_empty_message_packs_to_no_bytes(void **state)
{
	Bpfd__V1__GetVersionRequest m = BPFD__V1__GET_VERSION_REQUEST__INIT;
	_free_ void *data = NULL;
	size_t len = 1;

	(void)state;
	assert_int_equal(wire_pack(&m.base, &data, &len), 0);
	assert_int_equal(len, 0);
	assert_non_null(data);
}

static void garbage_is_no_message(void **state)
{
	_wire_arena_ struct wire_arena arena = {0};
	ProtobufCMessage *message = NULL;

	(void)state;
	assert_int_equal(wire_unpack(&bpfd__v1__load_request__descriptor, "\x0a\xff\xff", 3, &arena,
				     &message),
			 -EBADMSG);
	assert_null(message);
}

/* 64 KiB of empty entries of two bytes each would take megabytes. */
static void tiny_entries_cannot_take_more_than_the_arena(void **state)
{
	_wire_arena_ struct wire_arena arena = {.max = 256 * 1024};
	ProtobufCMessage *message = NULL;
	size_t len = 65536;
	_free_ unsigned char *data = malloc(len);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < len; i += 2) {
		data[i] = 0x0a;
		data[i + 1] = 0;
	}
	assert_int_equal(wire_unpack(&bpfd__v1__list_links_response__descriptor, data, len, &arena,
				     &message),
			 -ENOMEM);
	assert_true(arena.used <= arena.max);
}

static void the_arena_gives_zeroed_aligned_memory(void **state)
{
	_wire_arena_ struct wire_arena arena = {.max = 1 << 20};

	(void)state;
	for (size_t i = 1; i < 2000; i += 7) {
		unsigned char *p = wire_arena_alloc(&arena, 1, i);

		if (!p)
			break;
		assert_int_equal((uintptr_t)p % sizeof(max_align_t *), 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xaa, i);
	}
	assert_null(wire_arena_alloc(&arena, SIZE_MAX, 2));
	assert_null(wire_arena_alloc(&arena, 1, SIZE_MAX - 3));
	assert_null(wire_arena_alloc(&arena, 1, 2 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_message_passes),
		cmocka_unit_test(the_error_names_the_field),
		cmocka_unit_test(invalid_utf8_is_refused),
		cmocka_unit_test(a_string_has_at_most_4096_bytes),
		cmocka_unit_test(a_field_has_at_most_1024_elements),
		cmocka_unit_test(a_packed_message_unpacks_to_the_same),
		cmocka_unit_test(an_empty_message_packs_to_no_bytes),
		cmocka_unit_test(garbage_is_no_message),
		cmocka_unit_test(tiny_entries_cannot_take_more_than_the_arena),
		cmocka_unit_test(the_arena_gives_zeroed_aligned_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
