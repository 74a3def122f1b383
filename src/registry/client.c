/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is asked of a registry, and the check of every digest. */
#include "registry/client.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/reason.h"
#include "registry/session.h"

#define OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define ACCEPT                                                                                     \
	OCI_INDEX ", application/vnd.oci.image.manifest.v1+json, "                                 \
		  "application/vnd.docker.distribution.manifest.list.v2+json, "                    \
		  "application/vnd.docker.distribution.manifest.v2+json"

void registry_document_done(struct registry_document *d)
{
	free(d->media_type);
	free(d->data);
	*d = (struct registry_document){0};
}

/* What a document without a useful content type calls itself; heap or NULL. */
static char *own_type(const struct registry_document *d)
{
	json_t *json = json_loadb(d->data, d->len, 0, NULL);
	const char *type = json_string_value(json_object_get(json, "mediaType"));
	char *ret = NULL;

	if (type && text_is_clean(type, 255))
		ret = strdup(type);
	else if (json_is_array(json_object_get(json, "manifests")))
		ret = strdup(OCI_INDEX);
	else if (json_is_object(json_object_get(json, "config")))
		ret = strdup("application/vnd.oci.image.manifest.v1+json");
	json_decref(json);
	return ret;
}

static int set_type(struct registry_document *d, struct http_answer *answer)
{
	const char *type = answer->content_type;
	size_t n = type ? strcspn(type, "; ") : 0;

	d->media_type = n > 0 && strncmp(type, "application/vnd.", 16) == 0 ? strndup(type, n)
									    : own_type(d);
	if (!d->media_type)
		d->media_type = strdup(n > 0 ? type : "application/octet-stream");
	return d->media_type ? 0 : -ENOMEM;
}

static int take_document(struct http_answer *answer, const char *version,
			 struct registry_document *ret, struct reason *why)
{
	_document_ struct registry_document d = {.data = take_ptr(answer->data),
						 .len = answer->len};

	if (!d.data)
		return fail(why, -EBADMSG, "the manifest %s is empty", version);
	digest_text(d.data, d.len, d.digest);
	if (strncmp(version, "sha256:", 7) == 0 && strcmp(version, d.digest) != 0)
		return fail(why, -EBADMSG,
			    "the manifest %.19s does not match its digest, it is %.19s", version,
			    d.digest);
	if (set_type(&d, answer) < 0)
		return fail(why, -ENOMEM, "out of memory");
	if (strstr(d.media_type, "distribution.manifest.v1"))
		return fail(why, -EOPNOTSUPP,
			    "the image is in docker's schema 1, which is given up everywhere: push "
			    "it again with a tool of today");
	*ret = d;
	d = (struct registry_document){0};
	return 0;
}

/* @path: below the repository, "manifests/latest". */
static int ask(struct registry *registry, const char *method, const char *path,
	       struct http_answer *ret, struct reason *why)
{
	_text_ struct text url = {0};
	struct http_request request = {
		.method = method, .accept = ACCEPT, .max = REGISTRY_MANIFEST_MAX, .file = -1};

	session_url(registry, &url, "/%s", path);
	if (url.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	request.url = url.data;
	return session_ask(registry, &request, ret, why);
}

int registry_manifest(struct registry *registry, const char *version, struct registry_document *ret,
		      struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	char what[256];
	char path[512];
	int r;

	snprintf(path, sizeof(path), "manifests/%.400s", version);
	r = ask(registry, "GET", path, &answer, why);

	if (r < 0)
		return r;
	snprintf(what, sizeof(what), "image %.160s:%.71s", registry->options.repository, version);
	if (answer.status != 200)
		return session_refuse(registry, &answer, what, why);
	return take_document(&answer, version, ret, why);
}

int registry_resolve(struct registry *registry, const char *version,
		     char ret[static DIGEST_TEXT_SIZE], struct reason *why)
{
	_document_ struct registry_document d = {0};
	_answer_ struct http_answer answer = {0};
	char path[512];
	int r;

	snprintf(path, sizeof(path), "manifests/%.400s", version);
	r = ask(registry, "HEAD", path, &answer, why);

	if (r < 0)
		return r;
	if (answer.status == 200 && answer.digest && digest_is_valid(answer.digest)) {
		memcpy(ret, answer.digest, DIGEST_TEXT_SIZE);
		return 0;
	}
	r = registry_manifest(registry, version, &d, why);
	if (r == 0)
		memcpy(ret, d.digest, DIGEST_TEXT_SIZE);
	return r;
}

int registry_referrers(struct registry *registry, const char *digest, struct registry_document *ret,
		       struct reason *why)
{
	_answer_ struct http_answer answer = {0};
	char path[128];
	int r;

	snprintf(path, sizeof(path), "referrers/%.71s", digest);
	r = ask(registry, "GET", path, &answer, why);

	if (r < 0)
		return r;
	if (answer.status == 429 || answer.status >= 500)
		return session_refuse(registry, &answer, "the list of referrers", why);
	/* A registry that does not know the question says so in many ways. */
	if (answer.status != 200)
		return fail(why, -ENOENT, "the registry lists no referrers");
	return take_document(&answer, "of referrers", ret, why);
}

static int check_blob(const struct registry *registry, const struct registry_blob *blob,
		      const struct http_answer *answer, struct reason *why)
{
	char digest[DIGEST_TEXT_SIZE], what[128];
	struct stat st;
	int r;

	snprintf(what, sizeof(what), "blob %.19s", blob->digest);
	if (answer->status != 200 && answer->status != 206)
		return session_refuse(registry, answer, what, why);
	if (fstat(blob->file, &st) < 0)
		return fail(why, -errno, "cannot read the download: %s", strerror(errno));
	if ((uint64_t)st.st_size != blob->size)
		return fail(why, -EBADMSG, "%s has %llu bytes and not the %llu that the image says",
			    what, (unsigned long long)st.st_size, (unsigned long long)blob->size);
	r = digest_fd(blob->file, blob->size, digest);
	if (r < 0)
		return fail(why, r, "cannot read the download: %s", strerror(-r));
	return strcmp(digest, blob->digest) == 0
		       ? 0
		       : fail(why, -EBADMSG, "%s does not match its digest, it is %.19s", what,
			      digest);
}

static int get_blobs(struct registry *registry, const struct registry_blob *blobs,
		     struct http_answer *answers, size_t n, struct reason *why)
{
	struct http_request requests[REGISTRY_PARALLEL_MAX] = {0};
	struct text urls[REGISTRY_PARALLEL_MAX] = {0};
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		session_url(registry, &urls[i], "/blobs/%s", blobs[i].digest);
		if (urls[i].r < 0)
			r = fail(why, -ENOMEM, "out of memory");
		requests[i] = (struct http_request){.method = "GET",
						    .url = urls[i].data,
						    .authorization = registry->authorization,
						    .max = blobs[i].size,
						    .file = blobs[i].file};
	}
	/* The first one alone finds out whether a login is needed, when no manifest has. */
	if (r == 0)
		r = n == 1 ? session_ask(registry, &requests[0], &answers[0], why)
			   : http_run(registry->http, requests, answers, n, why);
	for (size_t i = 0; i < n; i++)
		text_done(&urls[i]);
	return r;
}

int registry_blobs(struct registry *registry, const struct registry_blob *blobs, size_t n,
		   struct reason *why)
{
	struct http_answer answers[REGISTRY_PARALLEL_MAX] = {0};
	int r;

	if (n > REGISTRY_PARALLEL_MAX)
		return fail(why, -E2BIG, "%zu blobs at once, at most %d", n, REGISTRY_PARALLEL_MAX);
	for (size_t i = 0; i < n; i++)
		if (!digest_is_valid(blobs[i].digest))
			return fail(why, -EBADMSG,
				    "the image refers to a blob by something else than sha256");
	r = get_blobs(registry, blobs, answers, n, why);
	for (size_t i = 0; i < n && r == 0; i++)
		r = check_blob(registry, &blobs[i], &answers[i], why);
	for (size_t i = 0; i < n; i++)
		http_answer_done(&answers[i]);
	return r;
}
