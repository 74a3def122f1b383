/* SPDX-License-Identifier: Apache-2.0 */
/* What is written about a config and a node. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/status.h"
#include "base/reason.h"
#include "kube/json.h"

#include <cmocka.h>

#define PROGRAMS(state)                                                                            \
	"[{\"name\":\"p\",\"id\":7,\"digest\":\"sha256:x\",\"missing\":false,\"links\":["          \
	"{\"hook\":\"xdp:eth0\",\"state\":\"" state "\"}],\"maps\":[]}]"

static json_t *status(const char *programs, const json_t *error, bool is_pending)
{
	_json_ json_t *list = programs ? json_loads(programs, 0, NULL) : NULL;
	struct status_config from = {.generation = 3,
				     .revision = "bcdfghjkmn",
				     .error = error,
				     .programs = list,
				     .is_pending = is_pending};

	return status_of_config(&from);
}

static void what_runs_is_loaded(void **state)
{
	_json_ json_t *s = status(PROGRAMS("Attached"), NULL, false);

	(void)state;
	assert_string_equal(kube_text(s, "phase"), "Loaded");
	assert_string_equal(kube_text(s, "message"), "1 program, 1 link");
	assert_string_equal(kube_text(s, "digest"), "sha256:x");
	assert_int_equal(kube_number(s, "observedGeneration"), 3);
}

static void what_lost_its_link_has_failed(void **state)
{
	_json_ json_t *s = status(PROGRAMS("Missing"), NULL, false);

	(void)state;
	assert_string_equal(kube_text(s, "phase"), "Failed");
	assert_non_null(strstr(kube_text(s, "message"), "xdp:eth0"));
}

static void an_error_is_told_with_its_kind(void **state)
{
	struct reason why = {.code = -ENOENT};
	_json_ json_t *error = NULL;
	_json_ json_t *s = NULL;

	(void)state;
	snprintf(why.text, sizeof(why.text), "image quay.io/x: not found");
	snprintf(why.hint, sizeof(why.hint), "is the name right?");
	error = status_error(&why);
	s = status(NULL, error, false);
	assert_string_equal(kube_text(s, "phase"), "Failed");
	assert_string_equal(kube_text(s, "error.reason"), "NotFound");
	assert_string_equal(kube_text(s, "error.hint"), "is the name right?");
	assert_string_equal(kube_text(s, "message"), "image quay.io/x: not found");
}

static void the_verifier_is_quoted_from_its_end(void **state)
{
	size_t n = 100000;
	char *log = malloc(n + 1);
	struct reason why = {.code = -EACCES, .detail = log};
	_json_ json_t *error = NULL;

	(void)state;
	memset(log, 'x', n);
	for (size_t i = 80; i < n; i += 80)
		log[i] = '\n';
	memcpy(log + n - 12, "\nlast words\n", 12);
	log[n] = '\0';
	error = status_error(&why);
	free(log);
	assert_string_equal(kube_text(error, "reason"), "VerifierRejected");
	assert_in_range(strlen(kube_text(error, "verifier")), 1000, 4096);
	assert_non_null(strstr(kube_text(error, "verifier"), "last words"));
}

static void a_node_whose_daemon_is_away_is_not_ready(void **state)
{
	_json_ json_t *node =
		json_loads("{\"metadata\":{\"name\":\"n1\",\"uid\":\"u\"},\"status\":{"
			   "\"nodeInfo\":{\"kernelVersion\":\"6.1\",\"osImage\":\"Debian\"}}}",
			   0, NULL);
	_json_ json_t *seen = json_loads("{\"version\":\"0.1.0\",\"kernel\":\"6.1.9\",\"features\":"
					 "[\"tcx\"],\"warnings\":[],\"hooks\":[]}",
					 0, NULL);
	struct reason why = {.code = -ENOENT, .text = "no daemon at /run/x"};
	_json_ json_t *away = status_of_node(node, NULL, &why);
	_json_ json_t *there = status_of_node(node, seen, &(struct reason){0});

	(void)state;
	assert_string_equal(kube_text(away, "health"), "DaemonAway");
	assert_string_equal(kube_text(away, "kernel"), "6.1");
	assert_string_equal(kube_text(there, "health"), "Ready");
	assert_string_equal(kube_text(there, "kernel"), "6.1.9");
	assert_string_equal(kube_text(there, "daemonVersion"), "0.1.0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_runs_is_loaded),
		cmocka_unit_test(what_lost_its_link_has_failed),
		cmocka_unit_test(an_error_is_told_with_its_kind),
		cmocka_unit_test(the_verifier_is_quoted_from_its_end),
		cmocka_unit_test(a_node_whose_daemon_is_away_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
