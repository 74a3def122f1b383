/* SPDX-License-Identifier: Apache-2.0 */
/* The same records in each format. */
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

#include "cli/output/output.h"
#include "cli/output/writer.h"

static void put(struct output *out, unsigned int id, const char *name)
{
	output_record(out, "program", name);
	output_number(out, "id", "ID", id);
	output_text(out, "name", "NAME", name);
	output_text(out, "config", "CONFIG", "");
	output_bool(out, "is_missing", NULL, false);
	output_pairs(out, "labels", "+LABELS");
	if (id > 1) {
		output_pair(out, "a", "1");
		output_pair(out, "b", "yes");
	}
	output_pairs_end(out);
	output_words(out, "maps", "MAPS");
	for (unsigned int i = 0; i < id; i++)
		output_word(out, "m");
	output_words_end(out);
	output_time(out, "at", NULL, 86400);
	output_record_end(out);
}

/* Two programs as a list, or one alone. */
static char *render(enum output_format format, bool is_list)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct output *out = output_new(format, f);

	assert_non_null(out);
	if (is_list)
		output_list(out, "programs");
	put(out, 1, "short");
	if (is_list)
		put(out, 20, "a \"quoted\" name");
	if (is_list)
		output_list_end(out);
	assert_int_equal(output_finish(out), 0);
	output_free(out);
	fclose(f);
	return text;
}

static void a_table_shows_the_short_fields(void **state)
{
	_free_ char *text = render(OUTPUT_TABLE, true);

	(void)state;
	assert_non_null(strstr(text, "ID  NAME"));
	assert_non_null(strstr(text, " 1  short"));
	assert_non_null(strstr(text, "20  a \"quoted\" name"));
	assert_non_null(strstr(text, "-"));
	assert_non_null(strstr(text, "m,m,m"));
	assert_null(strstr(text, "LABELS"));
	assert_null(strstr(text, "\033"));
}

static void wide_shows_more(void **state)
{
	_free_ char *text = render(OUTPUT_WIDE, true);

	(void)state;
	assert_non_null(strstr(text, "LABELS"));
	assert_non_null(strstr(text, "a=1,b=yes"));
}

static void name_is_one_a_line(void **state)
{
	_free_ char *text = render(OUTPUT_NAME, true);

	(void)state;
	assert_string_equal(text, "program/short\nprogram/a \"quoted\" name\n");
}

static void json_of_one_record(void **state)
{
	_free_ char *text = render(OUTPUT_JSON, false);

	(void)state;
	assert_string_equal(text, "{\n"
				  "  \"id\": 1,\n"
				  "  \"name\": \"short\",\n"
				  "  \"config\": \"\",\n"
				  "  \"is_missing\": false,\n"
				  "  \"labels\": {},\n"
				  "  \"maps\": [\n"
				  "    \"m\"\n"
				  "  ],\n"
				  "  \"at\": \"1970-01-02T00:00:00Z\"\n"
				  "}\n");
}

static void json_of_a_list_has_the_noun_as_its_key(void **state)
{
	_free_ char *text = render(OUTPUT_JSON, true);

	(void)state;
	assert_int_equal(strncmp(text, "{\n  \"programs\": [\n    {\n      \"id\": 1,", 38), 0);
	assert_non_null(strstr(text, "\"a \\\"quoted\\\" name\""));
	assert_non_null(strstr(text, "    }\n  ]\n}\n"));
}

static void yaml_quotes_what_is_not_plainly_text(void **state)
{
	_free_ char *text = render(OUTPUT_YAML, false);
	_free_ char *list = render(OUTPUT_YAML, true);

	(void)state;
	assert_string_equal(text, "id: 1\n"
				  "name: short\n"
				  "config: \"\"\n"
				  "is_missing: false\n"
				  "labels: {}\n"
				  "maps:\n"
				  "  - m\n"
				  "at: \"1970-01-02T00:00:00Z\"\n");
	assert_int_equal(strncmp(list, "programs:\n  - id: 1\n    name: short\n", 36), 0);
	assert_non_null(strstr(list, "      a: \"1\"\n      b: \"yes\"\n"));
	assert_non_null(strstr(list, "\n  - id: 20\n    name: \"a \\\"quoted\\\" name\"\n"));
}

static void detail_is_one_field_a_line(void **state)
{
	_free_ char *text = render(OUTPUT_DETAIL, false);

	(void)state;
	assert_non_null(strstr(text, "Id:            1\n"));
	assert_non_null(strstr(text, "Name:          short\n"));
	assert_non_null(strstr(text, "Config:        -\n"));
}

static void control_characters_do_not_reach_json(void **state)
{
	_free_ char *text = NULL;
	size_t len;
	struct writer w = {.f = open_memstream(&text, &len)};

	(void)state;
	writer_object(&w, NULL);
	writer_text(&w, "a", "x\033[0m\n\\");
	writer_end(&w);
	fclose(w.f);
	assert_string_equal(text, "{\n  \"a\": \"x\\u001b[0m\\n\\\\\"\n}\n");
}

static void an_empty_list_is_valid_in_each_format(void **state)
{
	static const struct {
		enum output_format format;
		const char *want;
	} rows[] = {
		{OUTPUT_JSON, "{\n  \"links\": []\n}\n"},
		{OUTPUT_YAML, "links: []\n"},
		{OUTPUT_TABLE, ""},
		{OUTPUT_NAME, ""},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_free_ char *text = NULL;
		size_t len;
		FILE *f = open_memstream(&text, &len);
		struct output *out = output_new(rows[i].format, f);

		output_list(out, "links");
		output_list_end(out);
		assert_int_equal(output_finish(out), 0);
		output_free(out);
		fclose(f);
		assert_string_equal(text, rows[i].want);
	}
}

static void formats_have_names(void **state)
{
	enum output_format f;

	(void)state;
	assert_int_equal(output_parse_format(NULL, &f), 0);
	assert_int_equal(f, OUTPUT_TABLE);
	assert_int_equal(output_parse_format("yaml", &f), 0);
	assert_int_equal(f, OUTPUT_YAML);
	assert_int_equal(output_parse_format("xml", &f), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_shows_the_short_fields),
		cmocka_unit_test(wide_shows_more),
		cmocka_unit_test(name_is_one_a_line),
		cmocka_unit_test(json_of_one_record),
		cmocka_unit_test(json_of_a_list_has_the_noun_as_its_key),
		cmocka_unit_test(yaml_quotes_what_is_not_plainly_text),
		cmocka_unit_test(detail_is_one_field_a_line),
		cmocka_unit_test(control_characters_do_not_reach_json),
		cmocka_unit_test(an_empty_list_is_valid_in_each_format),
		cmocka_unit_test(formats_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
