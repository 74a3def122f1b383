/* SPDX-License-Identifier: Apache-2.0 */
/* The description of an object: its flat form against hostile bytes, and values of globals. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/object.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct object_program programs[] = {
	{"count", "stats", HOOK_KIND_UNKNOWN, "", 42, false, false},
	{"trace", "tracepoint/net/net_dev_queue", HOOK_TRACEPOINT, "net/net_dev_queue", 7, true,
	 true},
};
static struct object_map maps[] = {
	{"packets", 6, 4, 8, 5, 0, false, true},
	{".rodata", 2, 4, 64, 1, 0x480, true, false},
};
static struct object_global globals[] = {
	{"sampling", ".rodata", GLOBAL_UNSIGNED, 0, 4}, {"delta", ".rodata", GLOBAL_SIGNED, 4, 2},
	{"is_on", ".rodata", GLOBAL_BOOL, 6, 1},	{"label", ".rodata", GLOBAL_STRING, 7, 8},
	{"pair", ".rodata", GLOBAL_BYTES, 16, 3},
};
static struct object sample = {.license = "GPL",
			       .has_btf = true,
			       .programs = programs,
			       .n_programs = array_size(programs),
			       .maps = maps,
			       .n_maps = array_size(maps),
			       .globals = globals,
			       .n_globals = array_size(globals)};

static void a_description_is_written_and_read_again(void **state)
{
	_cleanup_(object_done) struct object o = {0};
	_text_ struct text w = {0}, again = {0};

	(void)state;
	object_encode(&sample, &w);
	assert_int_equal(object_decode(w.data, w.len, &o), 0);
	assert_int_equal(o.n_programs, 2);
	assert_int_equal(o.programs[0].kind, HOOK_KIND_UNKNOWN);
	assert_int_equal(o.programs[1].kind, HOOK_TRACEPOINT);
	assert_string_equal(o.programs[1].target, "net/net_dev_queue");
	assert_true(o.maps[0].is_pinned);
	assert_int_equal(o.globals[3].type, GLOBAL_STRING);
	object_encode(&o, &again);
	assert_int_equal(w.len, again.len);
	assert_memory_equal(w.data, again.data, w.len);
}

static void every_cut_is_refused(void **state)
{
	_text_ struct text w = {0};

	(void)state;
	object_encode(&sample, &w);
	for (size_t n = 0; n < w.len; n++) {
		struct object o = {0};
		char *exact = malloc(n + 1);

		memcpy(exact, w.data, n);
		assert_int_equal(object_decode(exact, n, &o), -EBADMSG);
		assert_int_equal(o.n_programs, 0);
		free(exact);
	}
}

static void assert_in_bounds(const struct object *o)
{
	assert_true(o->n_programs <= OBJECT_PROGRAMS_MAX);
	for (size_t k = 0; k < o->n_programs; k++) {
		assert_true(o->programs[k].kind >= HOOK_KIND_UNKNOWN);
		assert_true(o->programs[k].kind < _HOOK_KIND_MAX);
	}
	for (size_t k = 0; k < o->n_globals; k++)
		assert_true(o->globals[k].type < _GLOBAL_TYPE_MAX);
}

static void every_changed_byte_is_refused_or_stays_in_bounds(void **state)
{
	_text_ struct text w = {0};

	(void)state;
	object_encode(&sample, &w);
	for (size_t i = 0; i < w.len; i++)
		for (int v = 0; v < 256; v += 17) {
			_cleanup_(object_done) struct object o = {0};
			char old = w.data[i];

			w.data[i] = (char)v;
			if (object_decode(w.data, w.len, &o) == 0)
				assert_in_bounds(&o);
			w.data[i] = old;
		}
}

static void control_characters_in_a_name_are_refused(void **state)
{
	struct object_map evil = {.name = "a\x1b[2Jb"};
	struct object o = {.license = "GPL", .maps = &evil, .n_maps = 1}, out = {0};
	_text_ struct text w = {0};

	(void)state;
	object_encode(&o, &w);
	assert_int_equal(object_decode(w.data, w.len, &out), -EBADMSG);
}

static void an_entry_is_a_function_else_a_section(void **state)
{
	(void)state;
	assert_ptr_equal(object_find_program(&sample, "count"), &programs[0]);
	assert_ptr_equal(object_find_program(&sample, "stats"), &programs[0]);
	assert_null(object_find_program(&sample, "nothing"));
	assert_ptr_equal(object_find_map(&sample, ".rodata"), &maps[1]);
	assert_null(object_find_map(&sample, "rodata"));
}

static int value_of(const char *name, const char *text, void *bytes, size_t n)
{
	const struct object_global *g = NULL;
	_free_ void *value = NULL;
	int r = object_global_value(&sample, name, text, &value, &g, NULL);

	if (r < 0)
		return r;
	assert_int_equal(g->size, n);
	memcpy(bytes, value, n);
	return 0;
}

static void texts_become_the_bytes_of_their_type(void **state)
{
	uint32_t u;
	int16_t s;
	uint8_t b, three[3];
	char label[8];

	(void)state;
	assert_int_equal(value_of("sampling", "100", &u, 4), 0);
	assert_int_equal(u, 100);
	assert_int_equal(value_of("sampling", "0xffffffff", &u, 4), 0);
	assert_true(u == 0xffffffff);
	assert_int_equal(value_of("delta", "-32768", &s, 2), 0);
	assert_int_equal(s, -32768);
	assert_int_equal(value_of("is_on", "true", &b, 1), 0);
	assert_int_equal(b, 1);
	assert_int_equal(value_of("is_on", "0", &b, 1), 0);
	assert_int_equal(b, 0);
	assert_int_equal(value_of("label", "seven77", label, 8), 0);
	assert_string_equal(label, "seven77");
	assert_int_equal(value_of("pair", "hex:00A1ff", three, 3), 0);
	assert_memory_equal(three, "\x00\xa1\xff", 3);
	assert_int_equal(value_of("sampling", "hex:01000000", &u, 4), 0);
	assert_int_equal(u, 1);
}

static void values_that_do_not_fit_are_refused(void **state)
{
	char bytes[8];

	(void)state;
	assert_int_equal(value_of("sampling", "4294967296", bytes, 4), -ERANGE);
	assert_int_equal(value_of("sampling", "-1", bytes, 4), -ERANGE);
	assert_int_equal(value_of("sampling", "much", bytes, 4), -EINVAL);
	assert_int_equal(value_of("sampling", "", bytes, 4), -EINVAL);
	assert_int_equal(value_of("sampling", "0x", bytes, 4), -EINVAL);
	assert_int_equal(value_of("delta", "32768", bytes, 2), -ERANGE);
	assert_int_equal(value_of("delta", "-32769", bytes, 2), -ERANGE);
	assert_int_equal(value_of("is_on", "2", bytes, 1), -EINVAL);
	assert_int_equal(value_of("label", "eight888", bytes, 8), -ERANGE);
	assert_int_equal(value_of("pair", "5", bytes, 3), -EINVAL);
	assert_int_equal(value_of("pair", "hex:0011", bytes, 3), -ERANGE);
	assert_int_equal(value_of("pair", "hex:00112z", bytes, 3), -EINVAL);
}

static void an_unknown_global_names_the_nearest(void **state)
{
	const struct object_global *g = NULL;
	_reason_ struct reason why = {0};
	void *value = NULL;

	(void)state;
	assert_int_equal(object_global_value(&sample, "samplin", "1", &value, &g, &why), -ENOENT);
	assert_non_null(strstr(why.text, "samplin"));
	assert_non_null(strstr(why.hint, "sampling"));
	assert_null(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_written_and_read_again),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_changed_byte_is_refused_or_stays_in_bounds),
		cmocka_unit_test(control_characters_in_a_name_are_refused),
		cmocka_unit_test(an_entry_is_a_function_else_a_section),
		cmocka_unit_test(texts_become_the_bytes_of_their_type),
		cmocka_unit_test(values_that_do_not_fit_are_refused),
		cmocka_unit_test(an_unknown_global_names_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
