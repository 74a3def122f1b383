/* SPDX-License-Identifier: Apache-2.0 */
/* Owns uploads. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "registry/session.h"

#define ANSWER_MAX 65536

static int has_blob(struct registry *registry, const char *digest, struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	_text_ struct text url = {0};
	struct http_request request = {.method = "HEAD", .max = 1, .file = -1};
	int r;

	session_url(registry, &url, "/blobs/%s", digest);
	request.url = url.data;
	r = url.r < 0 ? fail(why, -ENOMEM, "out of memory")
		      : session_ask(registry, &request, &answer, why);
	return r < 0 ? r : answer.status == 200;
}

/* Where the upload goes: absolute, or relative to the registry. */
static int start_upload(struct registry *registry, struct text *ret, struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	_text_ struct text url = {0};
	struct http_request request = {.method = "POST", .max = ANSWER_MAX, .file = -1};
	int r;

	session_url(registry, &url, "/blobs/uploads/");
	request.url = url.data;
	r = url.r < 0 ? fail(why, -ENOMEM, "out of memory")
		      : session_ask(registry, &request, &answer, why);
	if (r < 0)
		return r;
	if (answer.status != 202 || !answer.location)
		return session_refuse(registry, &answer, "an upload", why);
	text_add(ret, "%s%s", answer.location[0] == '/' ? registry->options.url : "",
		 answer.location);
	return ret->r < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

/* A token is not for another host than the registry's. */
static bool is_own(const struct registry *registry, const char *url)
{
	size_t n = strlen(registry->options.url);

	return strncmp(url, registry->options.url, n) == 0 && (url[n] == '/' || url[n] == '\0');
}

int registry_push_blob(struct registry *registry, const char *digest,
		       const struct http_bytes *bytes, struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	_text_ struct text url = {0};
	struct http_request request = {.method = "PUT",
				       .content_type = "application/octet-stream",
				       .body = *bytes,
				       .max = ANSWER_MAX,
				       .file = -1};
	char what[64];
	int r = has_blob(registry, digest, why);

	if (r != 0)
		return r < 0 ? r : 0;
	r = start_upload(registry, &url, why);
	if (r < 0)
		return r;
	text_add(&url, "%cdigest=%s", strchr(url.data, '?') ? '&' : '?', digest);
	if (url.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	request.url = url.data;
	r = is_own(registry, url.data) ? session_ask(registry, &request, &answer, why)
				       : http_run(registry->http, &request, &answer, 1, why);
	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "the upload of blob %.19s", digest);
	return answer.status == 201 ? 0 : session_refuse(registry, &answer, what, why);
}

int registry_push_manifest(struct registry *registry, const char *version,
			   const struct registry_document *document, struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	_text_ struct text url = {0};
	struct http_request request = {.method = "PUT",
				       .content_type = document->media_type,
				       .body = {document->data, document->len},
				       .max = ANSWER_MAX,
				       .file = -1};
	char what[256];
	int r;

	session_url(registry, &url, "/manifests/%s", version);
	request.url = url.data;
	r = url.r < 0 ? fail(why, -ENOMEM, "out of memory")
		      : session_ask(registry, &request, &answer, why);
	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "the upload of image %.160s:%.71s",
		 registry->options.repository, version);
	return answer.status == 201 || answer.status == 200
		       ? 0
		       : session_refuse(registry, &answer, what, why);
}
