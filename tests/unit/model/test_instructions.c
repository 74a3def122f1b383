/* SPDX-License-Identifier: Apache-2.0 */
/* The flat form of captured instructions against hostile bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/instructions.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static uint64_t insns[4] = {1, 2, 3, 4};
static struct map_ref refs[] = {{1, 0}, {3, 2}};
static uint32_t func_info[] = {0, 5};
static uint32_t line_info[] = {0, 1, 2, 3, 1, 1, 2, 3};

static struct instructions sample(void)
{
	return (struct instructions){.insns = insns,
				     .n_insns = 4,
				     .map_refs = refs,
				     .n_map_refs = 2,
				     .func_info = func_info,
				     .func_info_rec_size = 8,
				     .n_func_info = 1,
				     .line_info = line_info,
				     .line_info_rec_size = 16,
				     .n_line_info = 2,
				     .prog_flags = 32,
				     .expected_attach_type = 37,
				     .license = "GPL"};
}

static void instructions_are_written_and_read_again(void **state)
{
	_cleanup_(instructions_done) struct instructions out = {0};
	struct instructions in = sample();
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), 0);
	assert_int_equal(out.n_insns, 4);
	assert_memory_equal(out.insns, insns, sizeof(insns));
	assert_int_equal(out.n_map_refs, 2);
	assert_int_equal(out.map_refs[1].map, 2);
	assert_int_equal(out.n_func_info, 1);
	assert_int_equal(out.n_line_info, 2);
	assert_memory_equal(out.line_info, line_info, sizeof(line_info));
	assert_int_equal(out.prog_flags, 32);
	assert_int_equal(out.expected_attach_type, 37);
	assert_string_equal(out.license, "GPL");
}

static void a_program_without_btf_has_no_records(void **state)
{
	_cleanup_(instructions_done) struct instructions out = {0};
	struct instructions in = {.insns = insns, .n_insns = 2, .license = "GPL"};
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), 0);
	assert_null(out.func_info);
	assert_int_equal(out.n_line_info, 0);
}

static void every_cut_is_refused(void **state)
{
	struct instructions in = sample();
	_text_ struct text w = {0};

	(void)state;
	instructions_encode(&in, &w);
	for (size_t n = 0; n < w.len; n++) {
		struct instructions out = {0};
		char *exact = malloc(n + 1);

		memcpy(exact, w.data, n);
		assert_int_equal(instructions_decode(exact, n, &out), -EBADMSG);
		assert_null(out.insns);
		free(exact);
	}
}

static void a_reference_behind_the_last_instruction_is_refused(void **state)
{
	struct map_ref beyond = {4, 0};
	struct instructions in = sample(), out = {0};
	_text_ struct text w = {0};

	(void)state;
	in.map_refs = &beyond;
	in.n_map_refs = 1;
	instructions_encode(&in, &w);
	assert_int_equal(instructions_decode(w.data, w.len, &out), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_are_written_and_read_again),
		cmocka_unit_test(a_program_without_btf_has_no_records),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_reference_behind_the_last_instruction_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
