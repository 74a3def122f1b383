/* SPDX-License-Identifier: Apache-2.0 */
/* The flat form of image labels on its way from the parser to the daemon. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "model/image_labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char name[] = "counter", entry[] = "stats", type[] = "xdp", none[] = "", escape[] = "a\033b";

static void labels_come_back_as_they_went(void **state)
{
	struct image_program programs[] = {{entry, type}, {name, none}};
	struct image_labels labels = {.program_name = name, .programs = programs, .n_programs = 2};
	_cleanup_(image_labels_done) struct image_labels back = {0};
	_text_ struct text w = {0};

	(void)state;
	image_labels_encode(&labels, &w);
	assert_int_equal(image_labels_decode(w.data, w.len, &back), 0);
	assert_string_equal(back.program_name, "counter");
	assert_null(back.kernel_version);
	assert_int_equal(back.n_programs, 2);
	assert_string_equal(back.programs[0].entry, "stats");
	assert_string_equal(back.programs[1].type, "");
}

static void a_form_cut_anywhere_is_refused(void **state)
{
	struct image_program programs[] = {{entry, type}};
	struct image_labels labels = {
		.kernel_version = name, .programs = programs, .n_programs = 1};
	struct image_labels back;
	_text_ struct text w = {0};

	(void)state;
	image_labels_encode(&labels, &w);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(image_labels_decode(w.data, len, &back), -EBADMSG);
}

static void unclean_or_empty_entries_are_refused(void **state)
{
	struct image_program bad[] = {{escape, type}, {none, type}, {entry, escape}};

	(void)state;
	for (size_t i = 0; i < array_size(bad); i++) {
		struct image_labels labels = {.programs = &bad[i], .n_programs = 1};
		struct image_labels back;
		_text_ struct text w = {0};

		image_labels_encode(&labels, &w);
		assert_int_equal(image_labels_decode(w.data, w.len, &back), -EBADMSG);
	}
}

static void a_count_above_the_bound_is_refused(void **state)
{
	struct image_labels back;
	_text_ struct text w = {0};

	(void)state;
	buf_put_str(&w, NULL);
	buf_put_str(&w, NULL);
	buf_put_u32(&w, IMAGE_LABELS_PROGRAMS_MAX + 1);
	assert_int_equal(image_labels_decode(w.data, w.len, &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_come_back_as_they_went),
		cmocka_unit_test(a_form_cut_anywhere_is_refused),
		cmocka_unit_test(unclean_or_empty_entries_are_refused),
		cmocka_unit_test(a_count_above_the_bound_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
