/* SPDX-License-Identifier: Apache-2.0 */
/* When a rollout is over, and durations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/text.h"
#include "kube/json.h"
#include "kubectl/text/progress.h"

static void expect(const char *json, enum progress want, const char *line)
{
	_json_ json_t *config = json_loads(json, 0, NULL);
	_text_ struct text t = {0};

	assert_non_null(config);
	assert_int_equal(progress_of(config, &t), want);
	assert_string_equal(t.data, line);
}

#define SEEN "{\"metadata\":{\"generation\":2},\"status\":{\"observedGeneration\":2,"

static void a_status_of_an_older_spec_says_nothing(void **state)
{
	(void)state;
	expect("{\"metadata\":{\"generation\":2},\"status\":{\"observedGeneration\":1,"
	       "\"rollout\":{\"phase\":\"Complete\"}}}",
	       PROGRESS_WAITING, "waiting for bpfd-operator to see the change");
	expect("{\"metadata\":{\"generation\":1}}", PROGRESS_WAITING,
	       "waiting for bpfd-operator to see the change");
}

static void a_spec_that_nobody_takes_has_failed(void **state)
{
	(void)state;
	expect(SEEN "\"summary\":\"spec: no bytecode\"}}", PROGRESS_FAILED,
	       "invalid: spec: no bytecode");
}

static void complete_is_when_all_nodes_are(void **state)
{
	(void)state;
	expect(SEEN
	       "\"desired\":2,\"updated\":2,\"loaded\":2,\"rollout\":{\"phase\":\"Complete\"}}}",
	       PROGRESS_COMPLETE, "complete: 2 of 2 nodes are loaded");
	expect(SEEN
	       "\"desired\":2,\"updated\":1,\"loaded\":2,\"rollout\":{\"phase\":\"Complete\"}}}",
	       PROGRESS_WAITING, "1 of 2 nodes are updated, 2 loaded, 0 failed");
	expect(SEEN "\"desired\":0,\"rollout\":{\"phase\":\"Complete\"}}}", PROGRESS_COMPLETE,
	       "complete: no node is selected");
}

static void a_failure_counts_when_the_others_are_done(void **state)
{
	(void)state;
	expect(SEEN "\"desired\":3,\"updated\":3,\"loaded\":1,\"failed\":1,\"rollout\":{}}}",
	       PROGRESS_WAITING, "3 of 3 nodes are updated, 1 loaded, 1 failed");
	expect(SEEN
	       "\"desired\":2,\"updated\":2,\"loaded\":1,\"failed\":1,\"rollout\":{},"
	       "\"reasons\":[{\"reason\":\"A\",\"nodes\":[\"n1\",\"n2\"],\"message\":\"b\"}]}}",
	       PROGRESS_FAILED, "2 of 2 nodes are updated, 1 loaded, 1 failed; A on n1, n2: b");
}

static void durations_have_units_and_a_bound(void **state)
{
	static const char *const wrong[] = {
		"", "5", "s", "-1s", "1d", "1m ", "169h", "1h1", "99999999999999999999s"};
	unsigned int ms = 7;

	(void)state;
	assert_int_equal(progress_parse_duration("0", &ms), 0);
	assert_int_equal(ms, 0);
	assert_int_equal(progress_parse_duration("1h30m5s", &ms), 0);
	assert_int_equal(ms, 5405000);
	assert_int_equal(progress_parse_duration("168h", &ms), 0);
	for (size_t i = 0; i < array_size(wrong); i++)
		assert_int_equal(progress_parse_duration(wrong[i], &ms), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_of_an_older_spec_says_nothing),
		cmocka_unit_test(a_spec_that_nobody_takes_has_failed),
		cmocka_unit_test(complete_is_when_all_nodes_are),
		cmocka_unit_test(a_failure_counts_when_the_others_are_done),
		cmocka_unit_test(durations_have_units_and_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
