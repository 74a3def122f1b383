/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as YAML: layout, and quotes where other readers would see something else than text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/text/yaml.h"

static void expect(const char *json, const char *yaml)
{
	_json_ json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	_text_ struct text t = {0};

	assert_non_null(value);
	yaml_of_json(value, &t);
	assert_int_equal(t.r, 0);
	assert_string_equal(t.data, yaml);
}

static void mappings_and_lists_are_blocks(void **state)
{
	(void)state;
	expect("{\"b\":{\"c\":[1,{\"d\":true,\"e\":null},[2,3]]},\"a\":\"x\"}",
	       "a: x\nb:\n  c:\n  - 1\n  - d: true\n    e: null\n  - - 2\n    - 3\n");
	expect("{\"a\":{},\"b\":[]}", "a: {}\nb: []\n");
	expect("[]", "[]\n");
	expect("-1.5", "-1.5\n");
}

static void text_that_is_something_else_is_quoted(void **state)
{
	(void)state;
	expect("[\"true\",\"No\",\"12e3\",\"\",\"a: b\",\"a:\",\"1:20\",\"~\",\"-\",\" a\",\"0640\"]",
	       "- \"true\"\n- \"No\"\n- \"12e3\"\n- \"\"\n- \"a: b\"\n- \"a:\"\n- \"1:20\"\n- \"~\"\n"
	       "- \"-\"\n- \" a\"\n- \"0640\"\n");
	expect("[\"/a/b.o\",\"xdp:eth0\",\"v1.2-3\"]", "- /a/b.o\n- xdp:eth0\n- v1.2-3\n");
	expect("{\"yes\":\"a\\nb\\u001b\"}", "\"yes\": \"a\\nb\\u001B\"\n");
}

static void what_is_deeper_than_the_bound_stands_on_one_line(void **state)
{
	_json_ json_t *value = json_pack("{s:i}", "a", 1);
	_text_ struct text t = {0};

	(void)state;
	for (int i = 0; i < YAML_BLOCK_DEPTH; i++)
		value = json_pack("{s:o}", "a", value);
	yaml_of_json(value, &t);
	assert_int_equal(t.r, 0);
	assert_non_null(strstr(t.data, "  a: {\"a\":1}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_and_lists_are_blocks),
		cmocka_unit_test(text_that_is_something_else_is_quoted),
		cmocka_unit_test(what_is_deeper_than_the_bound_stands_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
