/* SPDX-License-Identifier: Apache-2.0 */
/* BTF that is written, and foreign BTF that is added to. */
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#include "libxdp/btf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Two functions; ids 5 and 6. */
static void write_two(struct text *ret)
{
	_cleanup_(btf_done) struct btf_writer w;
	uint32_t prototype;

	btf_begin(&w);
	prototype = btf_add_prototype(&w);
	assert_int_equal(btf_add_function(&w, "one", prototype, true), 5);
	assert_int_equal(btf_add_function(&w, "two", prototype, false), 6);
	assert_int_equal(btf_finish(&w, ret), 0);
}

static void a_function_is_found_by_its_id(void **state)
{
	struct text btf _text_ = {0};

	(void)state;
	write_two(&btf);
	assert_string_equal(btf_find_function(btf.data, btf.len, 5), "one");
	assert_string_equal(btf_find_function(btf.data, btf.len, 6), "two");
	/* not a function, none, behind the last */
	assert_null(btf_find_function(btf.data, btf.len, 1));
	assert_null(btf_find_function(btf.data, btf.len, 0));
	assert_null(btf_find_function(btf.data, btf.len, 7));
}

static void what_is_added_leaves_the_old_ids_valid(void **state)
{
	_cleanup_(btf_done) struct btf_writer w = {0};
	struct text btf _text_ = {0}, more _text_ = {0};
	uint32_t id;

	(void)state;
	write_two(&btf);
	assert_int_equal(btf_begin_with(&w, btf.data, btf.len), 0);
	assert_int_equal(w.n, 6);
	id = btf_add_function(&w, "three", btf_add_prototype_empty(&w), true);
	assert_int_equal(btf_finish(&w, &more), 0);
	assert_string_equal(btf_find_function(more.data, more.len, 5), "one");
	assert_string_equal(btf_find_function(more.data, more.len, id), "three");
}

static void a_name_that_c_cannot_have_is_made_one(void **state)
{
	char name[8];

	(void)state;
	btf_clean_name("a-b.c", name, sizeof(name));
	assert_string_equal(name, "a_b_c");
	btf_clean_name("1st", name, sizeof(name));
	assert_string_equal(name, "_st");
	btf_clean_name("", name, sizeof(name));
	assert_string_equal(name, "_");
	btf_clean_name("abcdefgh", name, sizeof(name));
	assert_string_equal(name, "abcdefg");
}

static void cut_btf_is_refused_at_every_length(void **state)
{
	_cleanup_(btf_done) struct btf_writer w = {0};
	struct text btf _text_ = {0};

	(void)state;
	write_two(&btf);
	for (size_t len = 0; len < btf.len; len++) {
		/* of its own size, for the sanitizer */
		char *cut _free_ = malloc(len ? len : 1);

		memcpy(cut, btf.data, len);
		assert_int_equal(btf_begin_with(&w, cut, len), -EBADMSG);
		assert_null(btf_find_function(cut, len, 5));
	}
}

static void no_changed_byte_leads_out_of_the_bytes(void **state)
{
	struct text btf _text_ = {0};

	(void)state;
	write_two(&btf);
	for (size_t i = 0; i < btf.len * 256; i++) {
		_cleanup_(btf_done) struct btf_writer w = {0};
		char *bad _free_ = malloc(btf.len);
		const char *name;

		memcpy(bad, btf.data, btf.len);
		bad[i / 256] = (char)i;
		if (btf_begin_with(&w, bad, btf.len) < 0)
			continue;
		name = btf_find_function(bad, btf.len, 6);
		assert_true(!name || name + strlen(name) < bad + btf.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_is_found_by_its_id),
		cmocka_unit_test(what_is_added_leaves_the_old_ids_valid),
		cmocka_unit_test(a_name_that_c_cannot_have_is_made_one),
		cmocka_unit_test(cut_btf_is_refused_at_every_length),
		cmocka_unit_test(no_changed_byte_leads_out_of_the_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
