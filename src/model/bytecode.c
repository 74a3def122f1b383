/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the text form of a source of bytecode; opens nothing. */
#include "model/bytecode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/reason.h"
#include "base/text.h"

#define BYTECODE_TEXT_MAX 4096
#define TAG_MAX		  255
#define IMAGE_TAG_MAX	  128

#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define ALNUM	    LOWER_ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

void bytecode_done(struct bytecode *bytecode)
{
	if (!bytecode)
		return;
	free(bytecode->url);
	free(bytecode->path);
	free(bytecode->tag);
	free(bytecode->host);
	free(bytecode->repository);
	free(bytecode->digest);
	*bytecode = (struct bytecode){0};
}

/* All of the first @len bytes of @s are in @set. */
static bool is_made_of(const char *s, size_t len, const char *set)
{
	return strspn(s, set) >= len;
}

static int need_absolute(const char *path, const char *form, struct reason *why)
{
	if (path[0] == '/' && path[1] != '\0')
		return 0;
	return fail(why, -EINVAL, "bytecode path \"%s\" is not absolute, write %s", path, form);
}

static int parse_file(const char *path, struct bytecode *b, struct reason *why)
{
	_text_ struct text url = {0};
	int r = need_absolute(path, "file:///x.o", why);

	if (r < 0)
		return r;
	text_add(&url, "file://%s", path);
	b->path = strdup(path);
	b->url = text_take(&url);
	return 0;
}

/* The first colon ends the path, as in skopeo: a tag may contain colons and slashes itself. */
static int parse_oci(const char *rest, struct bytecode *b, struct reason *why)
{
	const char *colon = strchr(rest, ':');
	size_t len = colon ? (size_t)(colon - rest) : strlen(rest);
	_text_ struct text url = {0};
	int r = need_absolute(rest, "oci:/layout[:tag]", why);

	if (r < 0)
		return r;
	while (len > 1 && rest[len - 1] == '/')
		len--;
	if (len == 1)
		return need_absolute("/", "oci:/layout[:tag]", why);
	if (colon && (colon[1] == '\0' || strlen(colon + 1) > TAG_MAX ||
		      !is_made_of(colon + 1, strlen(colon + 1), ALNUM "._/:@+-")))
		return fail(why, -EINVAL, "bytecode \"oci:%s\": \"%s\" is not a tag", rest,
			    colon + 1);
	text_add(&url, "oci:%.*s%s", (int)len, rest, colon ? colon : "");
	b->path = strndup(rest, len);
	b->tag = colon ? strdup(colon + 1) : NULL;
	b->url = text_take(&url);
	return b->path && (b->tag || !colon) ? 0 : fail(why, -ENOMEM, "out of memory");
}

/* registry[:port]/repository[:tag][@sha256:digest] */
static bool is_image_reference(const char *ref)
{
	const char *slash = strchr(ref, '/');
	const char *at = strchr(ref, '@');
	const char *end = at ? at : ref + strlen(ref);
	const char *colon;
	size_t repo;

	if (!slash || slash == ref || slash > end || (at && !digest_is_valid(at + 1)) ||
	    !is_made_of(ref, (size_t)(slash - ref), ALNUM ".-:[]"))
		return false;
	colon = memchr(slash, ':', (size_t)(end - slash));
	repo = (size_t)((colon ? colon : end) - slash) - 1;
	if (repo == 0 || slash[1] == '/' || slash[repo] == '/' ||
	    !is_made_of(slash + 1, repo, LOWER_ALNUM "._-/"))
		return false;
	if (!colon)
		return true;
	return end - colon > 1 && end - colon <= IMAGE_TAG_MAX + 1 &&
	       is_made_of(colon + 1, (size_t)(end - colon) - 1, ALNUM "._-");
}

/* @ref: one that is_image_reference(). */
static int cut_image(const char *ref, struct bytecode *b)
{
	const char *slash = strchr(ref, '/');
	const char *at = strchr(ref, '@');
	const char *end = at ? at : ref + strlen(ref);
	const char *colon = memchr(slash, ':', (size_t)(end - slash));
	_text_ struct text repository = {0};
	_text_ struct text path = {0};

	b->host = strndup(ref, (size_t)(slash - ref));
	if (b->host && strcmp(b->host, "docker.io") == 0 &&
	    !memchr(slash + 1, '/', (size_t)(end - slash - 1)))
		text_add(&repository, "library/");
	text_add(&repository, "%.*s", (int)((colon ? colon : end) - slash - 1), slash + 1);
	text_add(&path, "%s%s", ref, colon || at ? "" : ":latest");
	b->repository = text_take(&repository);
	b->path = text_take(&path);
	b->digest = at ? strdup(at + 1) : NULL;
	if (colon || !at)
		b->tag = colon ? strndup(colon + 1, (size_t)(end - colon - 1)) : strdup("latest");
	return b->host && b->repository && (b->digest || !at) && (b->tag || at) ? 0 : -ENOMEM;
}

static int parse_image(const char *ref, struct bytecode *b, struct reason *why)
{
	_text_ struct text url = {0};

	if (!is_image_reference(ref))
		return fail(why, -EINVAL,
			    "\"%s\" is not an image, write image://registry/repository:tag", ref);
	text_add(&url, "image://%s", ref);
	b->url = text_take(&url);
	return cut_image(ref, b) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

static int parse_scheme(const char *text, struct bytecode *b, struct reason *why)
{
	if (strncmp(text, "file://", 7) == 0) {
		b->scheme = BYTECODE_FILE;
		return parse_file(text + 7, b, why);
	}
	if (strncmp(text, "oci:", 4) == 0) {
		b->scheme = BYTECODE_OCI;
		return parse_oci(text + 4, b, why);
	}
	if (strncmp(text, "image://", 8) == 0) {
		b->scheme = BYTECODE_IMAGE;
		return parse_image(text + 8, b, why);
	}
	if (strstr(text, "://"))
		return fail(why, -EINVAL,
			    "bytecode \"%s\": unknown scheme, known are file://, oci: and image://",
			    text);
	b->scheme = BYTECODE_FILE;
	return parse_file(text, b, why);
}

int bytecode_parse(const char *text, struct bytecode *ret, struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode b = {0};
	int r;

	if (!text_is_clean(text, BYTECODE_TEXT_MAX) || text[0] == '\0')
		return fail(why, -EINVAL, "bytecode is empty, too long or has control characters");
	r = parse_scheme(text, &b, why);
	if (r < 0)
		return r;
	if (!b.url || !b.path)
		return fail(why, -ENOMEM, "out of memory");
	*ret = b;
	b = (struct bytecode){0};
	return 0;
}

const char *bytecode_version(const struct bytecode *image)
{
	return image->digest ? image->digest : image->tag;
}
