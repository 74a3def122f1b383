/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is looked at in an AdmissionReview; what a config may say is the manifest's. */
#include "operator/webhook/review.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/program_config.h"

#define REVIEW_API_VERSION "admission.k8s.io/v1"
#define REVIEW_KIND	   "AdmissionReview"
#define UID_MAX		   256

#define HTTP_UNPROCESSABLE 422

static void json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(json_freep)

/* Where the string that begins at @i ends. */
static size_t skip_string(const char *s, size_t len, size_t i)
{
	for (i++; i < len && s[i] != '"'; i++)
		i += s[i] == '\\';
	return i;
}

/* Before a parser that recurses sees it. */
static bool is_too_deep(const char *s, size_t len)
{
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			i = skip_string(s, len, i);
		else if (s[i] == '{' || s[i] == '[')
			depth++;
		else if ((s[i] == '}' || s[i] == ']') && depth > 0)
			depth--;
		if (depth > REVIEW_DEPTH_MAX)
			return true;
	}
	return false;
}

static const char *member(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static int check_request(const json_t *review, const json_t *request, struct reason *why)
{
	const char *uid = member(request, "uid");

	if (strcmp(member(review, "apiVersion"), REVIEW_API_VERSION) != 0 ||
	    strcmp(member(review, "kind"), REVIEW_KIND) != 0)
		return fail(why, -EINVAL, "the body is no %s of %s", REVIEW_KIND,
			    REVIEW_API_VERSION);
	if (!json_is_object(request))
		return fail(why, -EINVAL, "the %s has no request", REVIEW_KIND);
	if (!*uid || !text_is_clean(uid, UID_MAX))
		return fail(why, -EINVAL, "the request has no uid, or one above %d bytes", UID_MAX);
	return 0;
}

static int read_review(const char *json, size_t len, json_t **ret, struct reason *why)
{
	_json_ json_t *review = NULL;
	json_error_t error;
	int r;

	if (len > REVIEW_SIZE_MAX)
		return fail(why, -EFBIG, "the %s has %zu bytes; the limit is %d", REVIEW_KIND, len,
			    REVIEW_SIZE_MAX);
	if (is_too_deep(json, len))
		return fail(why, -EINVAL, "the %s is nested deeper than %d levels", REVIEW_KIND,
			    REVIEW_DEPTH_MAX);
	review = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	if (!review)
		return fail(why, -EINVAL, "the body is not JSON: line %d: %.128s", error.line,
			    error.text);
	r = check_request(review, json_object_get(review, "request"), why);
	if (r == 0)
		*ret = take_ptr(review);
	return r;
}

static bool is_config(const json_t *request)
{
	const json_t *kind = json_object_get(request, "kind");
	_text_ struct text version = {.data = NULL};

	text_add(&version, "%s/%s", member(kind, "group"), member(kind, "version"));
	return version.r == 0 && strcmp(version.data, MANIFEST_API_VERSION) == 0 &&
	       strcmp(member(kind, "kind"), MANIFEST_KIND) == 0;
}

static bool has(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value && !json_is_null(value);
}

static bool is_unchanged(const json_t *request)
{
	const json_t *old = json_object_get(json_object_get(request, "oldObject"), "spec");
	const json_t *spec = json_object_get(json_object_get(request, "object"), "spec");

	return strcmp(member(request, "operation"), "UPDATE") == 0 && old && spec &&
	       json_equal(old, spec);
}

static bool is_for_us(const json_t *request)
{
	const json_t *object = json_object_get(request, "object");
	const char *operation = member(request, "operation");

	if (strcmp(operation, "CREATE") != 0 && strcmp(operation, "UPDATE") != 0)
		return false;
	if (!is_config(request) || *member(request, "subResource"))
		return false;
	if (has(json_object_get(object, "metadata"), "deletionTimestamp"))
		return false;
	return !is_unchanged(request);
}

/* What the manifest's reader ignores may be long; its own bounds are for the rest. */
static void leave_out(json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");

	json_object_del(object, "status");
	json_object_del(metadata, "managedFields");
	json_object_del(metadata, "annotations");
}

static int check_object(json_t *object, struct reason *why)
{
	_cleanup_(manifest_done) struct manifest manifest = {.n = 0};
	_free_ char *json = NULL;

	if (!json_is_object(object))
		return fail(why, -EINVAL, "object: the request has none");
	leave_out(object);
	json = json_dumps(object, JSON_COMPACT);
	if (!json)
		return -ENOMEM;
	return manifest_parse_object(json, strlen(json), &manifest, why);
}

static json_t *make_status(const struct reason *refusal)
{
	_text_ struct text message = {.data = NULL};

	text_add(&message, "%s%s%s", refusal->text, refusal->hint[0] ? ": " : "", refusal->hint);
	return message.r < 0
		       ? NULL
		       : json_pack("{s:s, s:s, s:s, s:i}", "status", "Failure", "message",
				   message.data, "reason", "Invalid", "code", HTTP_UNPROCESSABLE);
}

static int write_answer(const json_t *request, const struct reason *refusal, struct text *ret)
{
	bool is_allowed = refusal->code == 0;
	_json_ json_t *status = is_allowed ? NULL : make_status(refusal);
	_json_ json_t *answer = NULL;
	_free_ char *json = NULL;

	if (!is_allowed && !status)
		return -ENOMEM;
	answer = json_pack("{s:s, s:s, s:{s:s, s:b, s:O*}}", "apiVersion", REVIEW_API_VERSION,
			   "kind", REVIEW_KIND, "response", "uid", member(request, "uid"),
			   "allowed", is_allowed, "status", status);
	json = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	if (!json)
		return -ENOMEM;
	text_add(ret, "%s", json);
	return ret->r;
}

int review_answer(const char *json, size_t len, struct text *ret, bool *is_allowed,
		  struct reason *why)
{
	_reason_ struct reason refusal = {.code = 0};
	_json_ json_t *review = NULL;
	json_t *request;
	int r = read_review(json, len, &review, why);

	if (r < 0)
		return r;
	request = json_object_get(review, "request");
	if (is_for_us(request))
		r = check_object(json_object_get(request, "object"), &refusal);
	if (r == -ENOMEM)
		return fail(why, r, "no memory for a review");
	refusal.code = r;
	r = write_answer(request, &refusal, ret);
	if (r < 0)
		return fail(why, r, "no memory for a review");
	*is_allowed = refusal.code == 0;
	return 0;
}
