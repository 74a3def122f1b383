/* SPDX-License-Identifier: Apache-2.0 */
/* Reviews as an API server sends them: what is allowed, what is refused and with which words. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "operator/webhook/review.h"

#include <cmocka.h>

#define KIND(g, k) "\"kind\":{\"group\":\"" g "\",\"version\":\"v1alpha1\",\"kind\":\"" k "\"}"
#define CONFIG	   KIND("bpfd.io", "BpfProgramConfig")
#define REVIEW(request)                                                                            \
	"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"        \
	"{\"uid\":\"u-1\"," request "}}"
#define OBJECT(metadata, spec)                                                                     \
	"{\"apiVersion\":\"bpfd.io/v1alpha1\",\"kind\":\"BpfProgramConfig\",\"metadata\":"         \
	"{\"name\":\"c\"" metadata "},\"spec\":" spec "}"
#define CREATE(spec) REVIEW(CONFIG ",\"operation\":\"CREATE\",\"object\":" OBJECT("", spec))
#define GOOD	     "{\"bytecode\":\"image://q.io/a/b:v1\",\"programs\":[{\"hooks\":[\"xdp:eth0\"]}]}"
#define BAD	     "{\"bytecode\":\"image://q.io/a/b:v1\",\"programs\":[{\"hooks\":[\"nope:eth0\"]}]}"

static json_t *answer(const char *review, bool *is_allowed)
{
	_text_ struct text t = {.data = NULL};
	_reason_ struct reason why = {.code = 0};
	json_t *json;

	assert_int_equal(review_answer(review, strlen(review), &t, is_allowed, &why), 0);
	assert_string_equal(why.text, "");
	json = json_loads(t.data, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(json, "apiVersion")),
			    "admission.k8s.io/v1");
	assert_string_equal(json_string_value(json_object_get(json, "kind")), "AdmissionReview");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(json, "response"), "uid")),
		"u-1");
	return json;
}

static void allows(const char *review)
{
	bool is_allowed = false;
	json_t *json = answer(review, &is_allowed);
	json_t *response = json_object_get(json, "response");

	assert_true(is_allowed);
	assert_true(json_is_true(json_object_get(response, "allowed")));
	assert_null(json_object_get(response, "status"));
	json_decref(json);
}

static void denies(const char *review, const char *want)
{
	bool is_allowed = true;
	json_t *json = answer(review, &is_allowed);
	json_t *response = json_object_get(json, "response");
	json_t *status = json_object_get(response, "status");

	assert_false(is_allowed);
	assert_true(json_is_false(json_object_get(response, "allowed")));
	assert_int_equal(json_integer_value(json_object_get(status, "code")), 422);
	assert_string_equal(json_string_value(json_object_get(status, "message")), want);
	json_decref(json);
}

static void a_good_config_is_allowed(void **state)
{
	(void)state;
	allows(CREATE(GOOD));
	allows(REVIEW(CONFIG ",\"operation\":\"UPDATE\",\"object\":" OBJECT(
		"", GOOD) ",\"oldObject\":" OBJECT("", BAD)));
}

static void what_an_api_server_adds_is_no_reason_to_refuse(void **state)
{
	(void)state;
	allows(REVIEW(CONFIG ",\"operation\":\"CREATE\",\"object\":" OBJECT(
		",\"generateName\":\"c-\",\"uid\":\"x\",\"generation\":3,\"resourceVersion\":\"7\","
		"\"creationTimestamp\":null,\"finalizers\":[\"bpfd.io/programs\"],"
		"\"annotations\":{\"a\":\"b\\tc\"},\"managedFields\":[{\"f:x\":{}}]",
		GOOD)));
}

static void refusals_name_the_path_of_the_field(void **state)
{
	static const struct {
		const char *review, *want;
	} rows[] = {
		{CREATE("{\"programs\":[{\"bytecode\":\"/x.o\",\"hooks\":[\"xdp:eth0\",{\"hook\":"
			"\"xdp:eth1\",\"priority\":\"high\"}]}]}"),
		 "spec.programs[0].hooks[1].priority: \"priority\" wants a whole number without "
		 "quotes, not \"high\""},
		{CREATE("{\"bytecode\":\"/x.o\",\"programs\":[{\"hooks\":[\"xdp:eth0\"],"
			"\"proceedon\":[]}]}"),
		 "spec.programs[0].proceedon: unknown field \"proceedon\" in spec.programs[]: the "
		 "fields are name, entry, type, bytecode, imagePullPolicy, imagePullSecret, globals, hooks, "
		 "shareMaps"},
		{CREATE("{\"bytecode\":\"x.o\",\"programs\":[{\"hooks\":[\"xdp:eth0\"]}]}"),
		 "spec.bytecode: \"x.o\" is a relative path, and an object has no directory that it "
		 "counts from: write it from the root"},
		{CREATE("{\"bytecode\":\"/x.o\"}"),
		 "spec: spec has neither attachpoint nor programs: where shall the program go?"},
		{REVIEW(CONFIG ",\"operation\":\"CREATE\""), "object: the request has none"},
		{REVIEW(CONFIG ",\"operation\":\"CREATE\",\"object\":{}"),
		 "object: kind \"\": it must be BpfProgramConfig"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++)
		denies(rows[i].review, rows[i].want);
}

static void keys_with_dots_stand_in_brackets(void **state)
{
	(void)state;
	denies(REVIEW(CONFIG ",\"operation\":\"CREATE\",\"object\":" OBJECT(
		       ",\"labels\":{\"a.b/c\":7}", GOOD)),
	       "metadata.labels[\"a.b/c\"]: \"a.b/c\" wants a string, but 7 without quotes is a "
	       "number: write \"7\"");
}

static void what_is_not_ours_to_judge_is_allowed(void **state)
{
	(void)state;
	allows(REVIEW(CONFIG ",\"operation\":\"DELETE\",\"object\":null"));
	allows(REVIEW(CONFIG ",\"operation\":\"CONNECT\",\"object\":" OBJECT("", BAD)));
	allows(REVIEW(KIND("bpfd.io", "BpfProgram") ",\"operation\":\"CREATE\",\"object\":{}"));
	allows(REVIEW(
		KIND("other.io", "BpfProgramConfig") ",\"operation\":\"CREATE\",\"object\":{}"));
	allows(REVIEW("\"operation\":\"CREATE\""));
	allows(REVIEW(CONFIG
		      ",\"operation\":\"UPDATE\",\"subResource\":\"status\",\"object\":" OBJECT(
			      "", BAD)));
}

static void what_is_being_deleted_may_lose_its_finalizer(void **state)
{
	(void)state;
	allows(REVIEW(CONFIG ",\"operation\":\"UPDATE\",\"object\":" OBJECT(
		",\"deletionTimestamp\":\"2030-01-01T00:00:00Z\"", BAD)));
}

static void an_update_that_leaves_the_spec_is_allowed(void **state)
{
	(void)state;
	allows(REVIEW(CONFIG ",\"operation\":\"UPDATE\",\"object\":" OBJECT(
		",\"finalizers\":[\"f\"]", BAD) ",\"oldObject\":" OBJECT("", BAD)));
}

static void refuses(const char *review, size_t len, int want)
{
	_text_ struct text t = {.data = NULL};
	_reason_ struct reason why = {.code = 0};
	bool is_allowed;

	assert_int_equal(review_answer(review, len, &t, &is_allowed, &why), want);
	assert_true(why.text[0]);
	assert_int_equal(t.len, 0);
}

static void what_is_no_review_is_an_error(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"null",
		"[]",
		"7",
		"{}",
		"{\"kind\":\"AdmissionReview\"}",
		"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\"}",
		"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"
		"{}}",
		"{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":"
		"{\"uid\":7}}",
		"{\"apiVersion\":\"admission.k8s.io/v1beta1\",\"kind\":\"AdmissionReview\","
		"\"request\":{\"uid\":\"u\"}}",
		"{\"a\":1,\"a\":2}",
		"\"\\",
		"{\"a\":\"\\u0000\"}"};

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		refuses(texts[i], strlen(texts[i]), -EINVAL);
	refuses(CREATE(GOOD) "\0", strlen(CREATE(GOOD)) + 1, -EINVAL);
}

static void size_and_depth_have_bounds(void **state)
{
	_free_ char *large = malloc(REVIEW_SIZE_MAX + 1);
	_text_ struct text deep = {.data = NULL};

	(void)state;
	memset(large, ' ', REVIEW_SIZE_MAX + 1);
	refuses(large, REVIEW_SIZE_MAX + 1, -EFBIG);
	memset(large, '[', REVIEW_SIZE_MAX);
	refuses(large, REVIEW_SIZE_MAX, -EINVAL);
	/* Brackets in strings are no depth, whatever is escaped before them. */
	text_add(&deep, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
			"\"a\":\"\\\\\\\"");
	for (size_t i = 0; i < 2 * REVIEW_DEPTH_MAX; i++)
		text_add(&deep, "[");
	text_add(&deep, "\\\\\",\"request\":{\"uid\":\"u-1\"}}");
	allows(deep.data);
}

static void a_spec_deeper_than_the_manifest_takes_is_refused(void **state)
{
	_text_ struct text t = {.data = NULL};

	(void)state;
	text_add(&t, "%s",
		 "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
		 "\"request\":{\"uid\":\"u-1\"," CONFIG
		 ",\"operation\":\"CREATE\",\"object\":{\"spec\":");
	for (size_t i = 0; i < 40; i++)
		text_add(&t, "[");
	for (size_t i = 0; i < 40; i++)
		text_add(&t, "]");
	text_add(&t, "}}}");
	denies(t.data, "object: nested deeper than 32 levels");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_config_is_allowed),
		cmocka_unit_test(what_an_api_server_adds_is_no_reason_to_refuse),
		cmocka_unit_test(refusals_name_the_path_of_the_field),
		cmocka_unit_test(keys_with_dots_stand_in_brackets),
		cmocka_unit_test(what_is_not_ours_to_judge_is_allowed),
		cmocka_unit_test(what_is_being_deleted_may_lose_its_finalizer),
		cmocka_unit_test(an_update_that_leaves_the_spec_is_allowed),
		cmocka_unit_test(what_is_no_review_is_an_error),
		cmocka_unit_test(size_and_depth_have_bounds),
		cmocka_unit_test(a_spec_deeper_than_the_manifest_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
