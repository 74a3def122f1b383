/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how an image's name becomes the place of a local layout. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/settings.h"
#include "model/bytecode.h"

#define SCHEME "image://"

/* Length of @prefix if @ref lies below it (or is it), else 0. */
static size_t match_prefix(const char *ref, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(ref, prefix, len) != 0)
		return 0;
	return ref[len] == '/' || ref[len] == ':' || ref[len] == '\0' ? len : 0;
}

static const struct settings_mirror *find_mirror(const struct settings *settings, const char *ref)
{
	const struct settings_mirror *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < settings->n_mirrors; i++) {
		size_t len = match_prefix(ref, settings->mirrors[i].prefix);

		if (len > best_len) {
			best = &settings->mirrors[i];
			best_len = len;
		}
	}
	return best;
}

/* Would a part of the repository leave the directory of layouts? */
static bool climbs(const char *repository, size_t len)
{
	while (len > 0) {
		size_t n = strcspn(repository, "/");

		n = n < len ? n : len;
		if (n == 0 || (n == 1 && repository[0] == '.') ||
		    (n == 2 && strncmp(repository, "..", 2) == 0))
			return true;
		len -= n;
		repository += n;
		if (len > 0) {
			len--;
			repository++;
		}
	}
	return false;
}

/* @ref: "registry/repository[:tag]", checked. */
static int use_mirror(const struct settings_mirror *mirror, const char *ref, char **ret,
		      struct reason *why)
{
	const char *slash = strchr(ref, '/');
	const char *colon = slash ? strchr(slash, ':') : NULL;
	const char *rest = ref + strlen(mirror->prefix);
	size_t to_len = strlen(mirror->to);
	size_t rest_len = 0;
	_text_ struct text t = {.data = NULL};

	if (mirror->to[to_len - 1] == '/') {
		rest += *rest == '/';
		rest_len = strlen(rest) - (colon && colon >= rest ? strlen(colon) : 0);
		if (rest_len == 0 || climbs(rest, rest_len))
			return fail(why, -EINVAL,
				    "image \"%.256s\" names no layout below the mirror %.256s", ref,
				    mirror->to);
	}
	text_add(&t, "%s%.*s%s", mirror->to, (int)rest_len, rest, colon ? colon : ":latest");
	*ret = text_take(&t);
	return *ret ? 0 : fail(why, -ENOMEM, "out of memory");
}

static int fail_no_mirror(const char *ref, struct reason *why)
{
	const char *slash = strrchr(ref, '/');
	int r = fail(why, -ENOENT, "image \"%.256s\": no mirror for it", ref);

	reason_hint(why,
		    "put the image into a local layout (skopeo copy docker://… oci:/srv/layouts/…) "
		    "and write to bpfd.yaml: mirrors: [{prefix: %.*s, to: \"oci:/srv/layouts/\"}]",
		    slash ? (int)(slash - ref) : 0, ref);
	return r;
}

bool settings_has_layout(const struct settings *settings, const char *ref)
{
	if (strncmp(ref, SCHEME, strlen(SCHEME)) == 0)
		ref += strlen(SCHEME);
	return find_mirror(settings, ref) != NULL;
}

int settings_resolve_image(const struct settings *settings, const char *ref, char **ret_bytecode,
			   struct reason *why)
{
	_cleanup_(bytecode_done) struct bytecode bytecode = {.url = NULL};
	const struct settings_mirror *mirror;
	_text_ struct text url = {.data = NULL};
	int r;

	if (strncmp(ref, SCHEME, strlen(SCHEME)) == 0)
		ref += strlen(SCHEME);
	text_add(&url, SCHEME "%s", ref);
	if (url.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = bytecode_parse(url.data, &bytecode, why);
	if (r < 0)
		return r;
	mirror = find_mirror(settings, bytecode.path);
	if (!mirror)
		return fail_no_mirror(bytecode.path, why);
	/* Leaving the digest out would run what was not asked for. */
	if (strchr(bytecode.path, '@'))
		return fail(why, -EOPNOTSUPP,
			    "image \"%.256s\" is pinned by digest, which a mirror cannot honour: "
			    "name it by its tag",
			    bytecode.path);
	return use_mirror(mirror, bytecode.path, ret_bytecode, why);
}
