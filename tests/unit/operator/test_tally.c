/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of nodes added up: reasons grouped, one line for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator/tally.h"

#include <cmocka.h>

static json_t *program(const char *phase, const char *reason)
{
	return json_pack("{s:{s:I, s:s, s:s, s:s, s:{s:s}}}", "status", "observedGeneration",
			 (json_int_t)3, "revision", "bcdfghjkmn", "phase", phase, "message",
			 "the words", "error", "reason", reason);
}

static void a_report_changes_only_when_something_did(void **state)
{
	struct report report = {0};
	_json_ json_t *failed = program("Failed", "NotFound");
	_json_ json_t *loaded = program("Loaded", "");

	(void)state;
	assert_int_equal(report_take(&report, failed), 1);
	assert_int_equal(report_take(&report, failed), 0);
	assert_true(report.is_failed);
	assert_string_equal(report.reason, "NotFound");
	assert_int_equal(report_take(&report, loaded), 1);
	assert_true(report.is_loaded);
	assert_null(report.reason);
	report_done(&report);
}

static void add(json_t *reasons, const char *node, const char *reason)
{
	struct report report = {.node = (char *)(uintptr_t)node,
				.reason = (char *)(uintptr_t)reason};

	tally_reason(reasons, &report);
}

static void reasons_are_grouped_the_most_frequent_first(void **state)
{
	_json_ json_t *by_reason = json_object();
	_json_ json_t *list = NULL;
	char name[32];

	(void)state;
	add(by_reason, "n0", "Denied");
	for (int i = 1; i < 9; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		add(by_reason, name, "NotFound");
	}
	list = tally_reasons(by_reason);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(kube_text(json_array_get(list, 0), "reason"), "NotFound");
	assert_int_equal(kube_number(json_array_get(list, 0), "count"), 8);
	assert_int_equal(json_array_size(json_object_get(json_array_get(list, 0), "nodes")), 5);
	assert_int_equal(kube_number(json_array_get(list, 1), "count"), 1);
}

static void reasons_are_bounded(void **state)
{
	_json_ json_t *by_reason = json_object();
	char name[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "Reason%d", i);
		add(by_reason, "n", name);
	}
	assert_int_equal(json_object_size(by_reason), 16);
}

static void the_summary_tells_the_story(void **state)
{
	_json_ json_t *reasons = json_pack("[{s:s, s:[s]}]", "reason", "NotFound", "nodes", "n3");
	struct tally_counts counts = {.desired = 5, .loaded = 4, .failed = 1};
	char long_text[400], summary[256];

	(void)state;
	tally_summary(&counts, reasons, "", summary);
	assert_string_equal(summary, "4/5 loaded; 1 failed: NotFound on n3");
	tally_summary(&(struct tally_counts){0}, NULL, "", summary);
	assert_string_equal(summary, "no node is selected");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	tally_summary(&counts, reasons, long_text, summary);
	assert_true(strlen(summary) < sizeof(summary));
}

static void conditions_follow_the_counts(void **state)
{
	_json_ json_t *good =
		tally_conditions(&(struct tally_counts){.desired = 2, .loaded = 2, .updated = 2},
				 "Complete", "2/2 loaded");
	_json_ json_t *bad = tally_conditions(
		&(struct tally_counts){.desired = 2, .loaded = 1, .failed = 1, .updated = 2},
		"Complete", "1/2 loaded");

	(void)state;
	assert_string_equal(kube_text(json_array_get(good, 0), "status"), "True");
	assert_string_equal(kube_text(json_array_get(good, 1), "status"), "False");
	assert_string_equal(kube_text(json_array_get(good, 2), "status"), "False");
	assert_string_equal(kube_text(json_array_get(bad, 0), "status"), "False");
	assert_string_equal(kube_text(json_array_get(bad, 2), "status"), "True");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_changes_only_when_something_did),
		cmocka_unit_test(reasons_are_grouped_the_most_frequent_first),
		cmocka_unit_test(reasons_are_bounded),
		cmocka_unit_test(the_summary_tells_the_story),
		cmocka_unit_test(conditions_follow_the_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
