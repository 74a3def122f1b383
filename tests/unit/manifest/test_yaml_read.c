/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of YAML and JSON: what it keeps, what it refuses, and where it says it was. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/document.h"
#include "manifest/yaml_read.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

static void refuses_bytes(const char *text, size_t len, int code, const char *want)
{
	_reason_ struct reason why = {.code = 0};
	struct documents documents = {.n = 77};
	int r = yaml_read(text, len, "f", &documents, &why);

	assert_string_equal(why.text, want);
	assert_int_equal(r, code);
	assert_int_equal(documents.n, 77);
}

static void refuses(const char *text, const char *want)
{
	refuses_bytes(text, strlen(text), -EINVAL, want);
}

static void it_keeps_places_and_quotes(void **state)
{
	static const char text[] = "a: 1\nb:\n  - \"1\"\n  - {c: }\n";
	_cleanup_(documents_done) struct documents d = {.n = 0};
	const struct doc_node *b, *c;

	(void)state;
	assert_int_equal(yaml_read(text, strlen(text), "f", &d, NULL), 0);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.roots[0]->kind, DOC_MAPPING);
	assert_int_equal(d.roots[0]->n, 4);
	assert_true(doc_node_find(d.roots[0], "A")->is_plain);
	b = doc_node_find(d.roots[0], "b");
	assert_int_equal(b->kind, DOC_SEQUENCE);
	assert_int_equal(b->items[0]->line, 3);
	assert_int_equal(b->items[0]->column, 5);
	assert_false(b->items[0]->is_plain);
	c = doc_node_find(b->items[1], "c");
	assert_true(doc_node_is_null(c));
	assert_null(doc_node_find(b, "c"));
}

static void json_is_read_too(void **state)
{
	static const char text[] = "{\n\t\"a\": [1, true, null, \"\\u00e4\\/\"],\n\t\"b\": {}\n}\n";
	_cleanup_(documents_done) struct documents d = {.n = 0};
	const struct doc_node *a;

	(void)state;
	assert_int_equal(yaml_read(text, strlen(text), "f", &d, NULL), 0);
	a = doc_node_find(d.roots[0], "a");
	assert_int_equal(a->n, 4);
	assert_true(doc_node_is_null(a->items[2]));
	assert_string_equal(a->items[3]->text, "ä/");
}

static void nothing_is_no_document(void **state)
{
	static const char *const texts[] = {"", "# only words\n", "---\n...\n", "---\n---\nnull\n",
					    "~"};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_cleanup_(documents_done) struct documents d = {.n = 5};

		assert_int_equal(yaml_read(texts[i], strlen(texts[i]), "f", &d, NULL), 0);
		assert_int_equal(d.n, 0);
	}
}

static void dangerous_yaml_is_refused(void **state)
{
	(void)state;
	refuses("a: &x 1\n", "f:1:4: anchor (\"&name\"): write the value out where it is needed");
	refuses("a: &x [1]\nb: *x\n",
		"f:1:4: anchor (\"&name\"): write the value out where it is needed");
	refuses("a: *x\n", "f:1:4: alias (\"*name\"): write the value out");
	refuses("a: !!str 1\n", "f:1:4: tag (\"!name\"): leave it out");
	refuses("a: !x {}\n", "f:1:4: tag (\"!name\"): leave it out");
	refuses("a:\n  <<: {b: 1}\n", "f:2:3: merge key (\"<<\"): write the fields out");
	refuses("? [a]\n: 1\n", "f:1:3: a key must be a single word, not a list or mapping");
	refuses("a: 1\nb: 2\n\"a\": 3\n", "f:3:1: \"a\" is given twice, first in line 1");
	refuses("x: {b: 1, c: 2, b: 3}\n", "f:1:17: \"b\" is given twice, first in line 1");
}

static void tabs_are_named(void **state)
{
	static const char want[] = "tab in the indentation: YAML wants spaces there";
	static const char *const texts[] = {"a:\n\tb: 1\n", "a:\n  b: 1\n\tc: 2\n", "\ta: 1\n",
					    "a:\n  - x\n \t- y\n"};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++) {
		_reason_ struct reason why = {.code = 0};
		struct documents d;

		assert_int_equal(yaml_read(texts[i], strlen(texts[i]), "f", &d, &why), -EINVAL);
		assert_non_null(strstr(why.text, want));
	}
	refuses("a:\n\tb: 1\n", "f:2:1: tab in the indentation: YAML wants spaces there");
}

static void what_is_no_text_is_refused(void **state)
{
	static const char want_control[] =
		"control character or invalid UTF-8: save the file as plain UTF-8 text";
	_text_ struct text t = {.data = NULL};

	(void)state;
	refuses_bytes("a: 1\nb: \0c\n", 12, -EINVAL, "f:2:4: NUL byte: this is not a text");
	text_add(&t, "f:2:4: %s", want_control);
	refuses_bytes("a: 1\nb: \xff\n", 10, -EINVAL, t.data);
	refuses_bytes("a: 1\nb: \x07\n", 10, -EINVAL, t.data);
	refuses("a: \"x\\0y\"\n",
		"f:1:4: control character in a string: write \"hex:…\" for bytes");
	refuses("a: \"x\\ay\"\n",
		"f:1:4: control character in a string: write \"hex:…\" for bytes");
	refuses("\x7f"
		"ELF\x02\x01",
		"f:1:1: control character or invalid UTF-8: save the file as "
		"plain UTF-8 text");
}

static void broken_yaml_is_refused(void **state)
{
	(void)state;
	refuses("a: [1\n",
		"f:2:1: not valid YAML: did not find expected ',' or ']' while parsing a "
		"flow sequence");
	refuses("a: b: c\n",
		"f:1:5: not valid YAML: mapping values are not allowed in this context");
}

static void bounds_hold(void **state)
{
	_free_ char *big = calloc(1, 10u << 20);
	_text_ struct text deep = {.data = NULL};
	_text_ struct text many = {.data = NULL};

	(void)state;
	memset(big, ' ', 10u << 20);
	refuses_bytes(big, 10u << 20, -EFBIG, "f: 10485760 bytes; the limit is 1048576");
	for (int i = 0; i < 100; i++)
		text_add(&deep, "[");
	refuses(deep.data, "f:1:33: nested deeper than 32 levels");
	for (int i = 0; i < 100001; i++)
		text_add(&many, "- 1\n");
	refuses(many.data, "f:100000:3: more than 100000 values in one text");
}

static void a_large_mapping_costs_no_seconds(void **state)
{
	_cleanup_(documents_done) struct documents d = {.n = 0};
	_text_ struct text t = {.data = NULL};
	clock_t begin = clock();

	(void)state;
	for (int i = 0; i < 49000; i++)
		text_add(&t, "k%d: 1\n", i);
	assert_int_equal(yaml_read(t.data, t.len, "f", &d, NULL), 0);
	assert_true(clock() - begin < 3 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_keeps_places_and_quotes),
		cmocka_unit_test(json_is_read_too),
		cmocka_unit_test(nothing_is_no_document),
		cmocka_unit_test(dangerous_yaml_is_refused),
		cmocka_unit_test(tabs_are_named),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(broken_yaml_is_refused),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(a_large_mapping_costs_no_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
