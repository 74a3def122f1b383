/* SPDX-License-Identifier: Apache-2.0 */
/* The three dialects of labels, and what is refused of them. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/labels.h"
#include "image/manifest.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The config with these labels; it borrows from *json. */
static int parse(const char *labels, json_t **json, struct image_config *ret, struct reason *why)
{
	char text[65536];

	snprintf(text, sizeof(text),
		 "{\"config\":{\"Labels\":%s},\"rootfs\":{\"diff_ids\":[\"sha256:0\"]}}", labels);
	assert_int_equal(image_json_parse(text, strlen(text), "test", json, why), 0);
	return image_config_parse(*json, 1, ret, why);
}

static void the_labels_of_the_talk_name_a_section(void **state)
{
	_cleanup_(image_config_done) struct image_config c = {0};
	_json_ json_t *json = NULL;

	(void)state;
	assert_int_equal(
		parse("{\"io.ebpf.program_name\":\"go-xdp-counter\","
		      "\"io.ebpf.section_name\":\"stats\",\"io.ebpf.program_type\":\"xdp\","
		      "\"io.ebpf.filename\":\"bpf_bpfe1.o\","
		      "\"io.ebpf.kernel_version\":\"6.1.0\"}",
		      &json, &c, NULL),
		0);
	assert_string_equal(c.labels.program_name, "go-xdp-counter");
	assert_string_equal(c.labels.kernel_version, "6.1.0");
	assert_string_equal(c.filename, "bpf_bpfe1.o");
	assert_int_equal(c.labels.n_programs, 1);
	assert_string_equal(c.labels.programs[0].entry, "stats");
	assert_string_equal(c.labels.programs[0].type, "xdp");
}

static void a_function_name_wins_over_a_section(void **state)
{
	_cleanup_(image_config_done) struct image_config c = {0};
	_json_ json_t *json = NULL;

	(void)state;
	assert_int_equal(parse("{\"io.ebpf.bpf_function_name\":\"count\","
			       "\"io.ebpf.section_name\":\"stats\"}",
			       &json, &c, NULL),
			 0);
	assert_int_equal(c.labels.n_programs, 1);
	assert_string_equal(c.labels.programs[0].entry, "count");
	assert_string_equal(c.labels.programs[0].type, "");
}

static void the_labels_of_today_name_many_programs(void **state)
{
	_cleanup_(image_config_done) struct image_config c = {0};
	_json_ json_t *json = NULL;

	(void)state;
	assert_int_equal(
		parse("{\"io.ebpf.programs\":\"{\\\"a\\\":\\\"xdp\\\",\\\"b\\\":\\\"tcx\\\"}\","
		      "\"io.ebpf.maps\":\"{\\\"m\\\":\\\"hash\\\"}\","
		      "\"io.ebpf.section_name\":\"old\"}",
		      &json, &c, NULL),
		0);
	assert_int_equal(c.labels.n_programs, 2);
	assert_string_equal(c.labels.programs[0].entry, "a");
	assert_string_equal(c.labels.programs[1].type, "tcx");
}

static void labels_that_are_empty_or_absent_let_the_elf_decide(void **state)
{
	static const char empty[] = "{\"io.ebpf.programs\":\"\",\"io.ebpf.maps\":\"\","
				    "\"io.ebpf.section_name\":\"\",\"io.ebpf.filename\":\"\"}";
	static const char *const labels[] = {"null", "{}", empty, "{\"io.ebpf.programs\":\"{}\"}"};

	(void)state;
	for (size_t i = 0; i < array_size(labels); i++) {
		_cleanup_(image_config_done) struct image_config c = {0};
		_json_ json_t *json = NULL;

		assert_int_equal(parse(labels[i], &json, &c, NULL), 0);
		assert_int_equal(c.labels.n_programs, 0);
		assert_null(c.filename);
	}
}

static void a_table_that_is_none_is_refused_by_name(void **state)
{
	static const char *const labels[] = {
		"{\"io.ebpf.programs\":\"xdp\"}",
		"{\"io.ebpf.programs\":\"[]\"}",
		"{\"io.ebpf.programs\":\"{\\\"a\\\":1}\"}",
		"{\"io.ebpf.programs\":\"{\\\"a\\\":\\\"xdp\\\",\\\"a\\\":\\\"tc\\\"}\"}",
		"{\"io.ebpf.programs\":\"{\\\"\\\":\\\"xdp\\\"}\"}",
		"{\"io.ebpf.programs\":\"{\\\"a\\\\n\\\":\\\"xdp\\\"}\"}",
	};

	(void)state;
	for (size_t i = 0; i < array_size(labels); i++) {
		_cleanup_(image_config_done) struct image_config c = {0};
		_reason_ struct reason why = {0};
		_json_ json_t *json = NULL;

		assert_int_equal(parse(labels[i], &json, &c, &why), -EBADMSG);
		assert_true(why.text[0] != '\0');
	}
}

static void more_programs_than_the_bound_are_refused(void **state)
{
	_cleanup_(image_config_done) struct image_config c = {0};
	_reason_ struct reason why = {0};
	_json_ json_t *json = NULL;
	char labels[32768];
	int n = snprintf(labels, sizeof(labels), "{\"io.ebpf.programs\":\"{");

	(void)state;
	for (int i = 0; i <= IMAGE_LABELS_PROGRAMS_MAX; i++)
		n += snprintf(labels + n, sizeof(labels) - (size_t)n, "%s\\\"p%d\\\":\\\"xdp\\\"",
			      i > 0 ? "," : "", i);
	snprintf(labels + n, sizeof(labels) - (size_t)n, "}\"}");
	assert_int_equal(parse(labels, &json, &c, &why), -E2BIG);
}

static void a_label_with_control_characters_is_refused(void **state)
{
	_cleanup_(image_config_done) struct image_config c = {0};
	_reason_ struct reason why = {0};
	_json_ json_t *json = NULL;

	(void)state;
	assert_int_equal(parse("{\"io.ebpf.program_name\":\"a\\u001b[31m\"}", &json, &c, &why),
			 -EBADMSG);
	assert_non_null(strstr(why.text, "io.ebpf.program_name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_labels_of_the_talk_name_a_section),
		cmocka_unit_test(a_function_name_wins_over_a_section),
		cmocka_unit_test(the_labels_of_today_name_many_programs),
		cmocka_unit_test(labels_that_are_empty_or_absent_let_the_elf_decide),
		cmocka_unit_test(a_table_that_is_none_is_refused_by_name),
		cmocka_unit_test(more_programs_than_the_bound_are_refused),
		cmocka_unit_test(a_label_with_control_characters_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
