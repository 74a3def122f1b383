/* SPDX-License-Identifier: Apache-2.0 */
/* Names that fit, hashes that no reader of YAML takes for numbers, times of conditions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/json.h"

#include <cmocka.h>

static void paths_find_what_is_there(void **state)
{
	_json_ json_t *object =
		json_loads("{\"a\":{\"b\":{\"c\":\"x\",\"n\":7,\"t\":true}}}", 0, NULL);

	(void)state;
	assert_string_equal(kube_text(object, "a.b.c"), "x");
	assert_int_equal(kube_number(object, "a.b.n"), 7);
	assert_true(kube_flag(object, "a.b.t"));
	assert_string_equal(kube_text(object, "a.x.c"), "");
	assert_string_equal(kube_text(object, "a.b.n"), "");
	assert_string_equal(kube_text(NULL, "a"), "");
	assert_null(kube_get(object, "a.b.c.d"));
}

static void long_names_are_cut_and_stay_different(void **state)
{
	char a[KUBE_LABEL_SIZE], b[KUBE_LABEL_SIZE], joined[KUBE_NAME_SIZE];
	char name[254];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	kube_label_value("short", a);
	assert_string_equal(a, "short");
	kube_label_value(name, a);
	assert_int_equal(strlen(a), 63);
	name[252] = 'm';
	kube_label_value(name, b);
	assert_string_not_equal(a, b);
	kube_join_name("config", "node", joined);
	assert_string_equal(joined, "config.node");
	kube_join_name(name, name, joined);
	assert_int_equal(strlen(joined), 253);
}

/* "857e575638571234" is infinity for the YAML of some API servers. */
static void a_hash_is_letters_alone(void **state)
{
	char hash[KUBE_HASH_SIZE], other[KUBE_HASH_SIZE];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		_json_ json_t *value = json_integer(i);

		kube_hash(value, hash);
		assert_int_equal(strlen(hash), 10);
		assert_int_equal(strspn(hash, "bcdfghjkmnpqrstv"), 10);
	}
	json_t *a = json_loads("{\"x\":1,\"y\":2}", 0, NULL);
	json_t *b = json_loads("{\"y\":2,\"x\":1}", 0, NULL);

	kube_hash(a, hash);
	kube_hash(b, other);
	assert_string_equal(hash, other);
	json_decref(a);
	json_decref(b);
}

static void a_condition_keeps_its_time_while_its_status_stays(void **state)
{
	_json_ json_t *old = json_pack("[{s:s, s:s, s:s}]", "type", "Loaded", "status", "True",
				       "lastTransitionTime", "2020-01-01T00:00:00Z");
	_json_ json_t *same = json_pack("[o]", kube_condition("Loaded", true, "r", "other words"));
	_json_ json_t *changed = json_pack("[o]", kube_condition("Loaded", false, "r", "m"));

	(void)state;
	kube_keep_times(same, old);
	assert_string_equal(kube_text(json_array_get(same, 0), "lastTransitionTime"),
			    "2020-01-01T00:00:00Z");
	kube_keep_times(changed, old);
	assert_string_not_equal(kube_text(json_array_get(changed, 0), "lastTransitionTime"),
				"2020-01-01T00:00:00Z");
	kube_keep_times(same, NULL);
}

static void empty_texts_are_left_out(void **state)
{
	_json_ json_t *value =
		json_loads("{\"a\":\"\",\"b\":[{\"c\":\"\",\"d\":\"x\"}],\"e\":{}}", 0, NULL);
	char *text;

	(void)state;
	kube_drop_empty(value);
	text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "{\"b\":[{\"d\":\"x\"}],\"e\":{}}");
	free(text);
}

static void times_have_the_form_of_kubernetes(void **state)
{
	char time[KUBE_TIME_SIZE];

	(void)state;
	kube_time(false, time);
	assert_int_equal(strlen(time), strlen("2026-11-22T10:00:00Z"));
	kube_time(true, time);
	assert_int_equal(strlen(time), strlen("2026-11-22T10:00:00.000000Z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_find_what_is_there),
		cmocka_unit_test(long_names_are_cut_and_stay_different),
		cmocka_unit_test(a_hash_is_letters_alone),
		cmocka_unit_test(a_condition_keeps_its_time_while_its_status_stays),
		cmocka_unit_test(empty_texts_are_left_out),
		cmocka_unit_test(times_have_the_form_of_kubernetes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
