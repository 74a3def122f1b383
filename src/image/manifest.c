/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the JSON of indexes and manifests; the config of an image belongs to labels.c. */
#include "image/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "image/source.h"

#define STRING_MAX 255
#define TAG_KEY	   "org.opencontainers.image.ref.name"

bool image_is_index(const struct image_descriptor *d)
{
	return strcmp(d->media_type, "application/vnd.oci.image.index.v1+json") == 0 ||
	       strcmp(d->media_type, "application/vnd.docker.distribution.manifest.list.v2+json") ==
		       0;
}

bool image_is_manifest(const struct image_descriptor *d)
{
	return strcmp(d->media_type, "application/vnd.oci.image.manifest.v1+json") == 0 ||
	       strcmp(d->media_type, "application/vnd.docker.distribution.manifest.v2+json") == 0;
}

int image_json_parse(const char *data, size_t len, const char *what, json_t **ret,
		     struct reason *why)
{
	json_error_t error;
	json_t *json = json_loadb(data, len, JSON_REJECT_DUPLICATES, &error);

	/* The parser's own words quote the file, which the client may not be allowed to read. */
	if (!json)
		return fail(why, -EBADMSG, "%s is not JSON (line %d)", what, error.line);
	if (!json_is_object(json)) {
		json_decref(json);
		return fail(why, -EBADMSG, "%s is not a JSON object", what);
	}
	*ret = json;
	return 0;
}

void image_json_freep(json_t **json)
{
	json_decref(*json);
}

/* A document must be what its descriptor says: one that passes as both index and manifest has
 * fooled tools before (CVE-2021-41190). */
int image_document_read(const struct image_source *source, const struct image_descriptor *d,
			const char *what, json_t **ret, struct reason *why)
{
	_bytes_ struct image_bytes b = {0};
	_json_ json_t *json = NULL;
	const char *type;
	int r = image_source_blob(source, d, IMAGE_JSON_MAX, &b, why);

	if (r == 0)
		r = image_json_parse(b.data, b.len, what, &json, why);
	if (r < 0)
		return r;
	type = json_string_value(json_object_get(json, "mediaType"));
	if (type && strcmp(type, d->media_type) != 0)
		return fail(why, -EBADMSG, "%s calls itself another media type than its descriptor",
			    what);
	*ret = take_ptr(json);
	return 0;
}

/* A clean string of bounded length, or NULL. */
static const char *get_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && s[0] != '\0' && text_is_clean(s, STRING_MAX) ? s : NULL;
}

static int parse_descriptor(const json_t *json, struct image_descriptor *ret, struct reason *why)
{
	const json_t *platform = json_object_get(json, "platform");
	const json_t *size = json_object_get(json, "size");
	struct image_descriptor d = {
		.media_type = get_string(json, "mediaType"),
		.digest = get_string(json, "digest"),
		.architecture = get_string(platform, "architecture"),
		.os = get_string(platform, "os"),
		.tag = get_string(json_object_get(json, "annotations"), TAG_KEY),
	};

	if (!d.media_type || !d.digest || !json_is_integer(size) || json_integer_value(size) < 0)
		return fail(why, -EBADMSG,
			    "a descriptor of the image lacks mediaType, digest or size");
	d.size = (uint64_t)json_integer_value(size);
	*ret = d;
	return 0;
}

/* buildah and podman write whole references into the tag: ":v1" at its end is "v1" too. */
static bool has_tag(const struct image_descriptor *d, const char *tag, bool is_exact)
{
	size_t have = d->tag ? strlen(d->tag) : 0, want = strlen(tag);

	if (have == want)
		return d->tag && strcmp(d->tag, tag) == 0;
	return !is_exact && have > want && d->tag[have - want - 1] == ':' &&
	       strcmp(d->tag + have - want, tag) == 0;
}

static bool fits_machine(const struct image_descriptor *d, const char *architecture)
{
	if (d->os && strcmp(d->os, "linux") != 0)
		return false;
	return !architecture || !d->architecture || strcmp(d->architecture, architecture) == 0;
}

/* Signatures and attestations live beside images in a layout, under tags of cosign's making. */
static bool is_attachment(const struct image_descriptor *d)
{
	return d->tag && strncmp(d->tag, "sha256-", 7) == 0;
}

static int no_tag(const struct image_descriptor *items, size_t n, const char *tag,
		  struct reason *why)
{
	_text_ struct text tags = {0};

	for (size_t i = 0; i < n; i++)
		if (items[i].tag && tags.len < 300)
			text_add(&tags, "%s%s", tags.len > 0 ? ", " : "", items[i].tag);
	if (tags.len == 0)
		return fail(why, -ENOENT, "no tag \"%s\" in the layout, nothing in it has a tag",
			    tag);
	return fail(why, -ENOENT, "no tag \"%s\" in the layout, there are: %s", tag, tags.data);
}

static int no_machine(const struct image_descriptor *items, size_t n, const char *architecture,
		      struct reason *why)
{
	_text_ struct text there = {0};

	for (size_t i = 0; i < n; i++)
		if (items[i].architecture && there.len < 300)
			text_add(&there, "%s%s/%s", there.len > 0 ? ", " : "",
				 items[i].os ? items[i].os : "linux", items[i].architecture);
	return fail(why, -ENOEXEC,
		    "no object for this machine (linux/%s) in the image, there are: %s",
		    architecture, there.len > 0 ? there.data : "none");
}

/* Keep the entries that carry @tag in front of the array; how many? */
static size_t keep_tagged(struct image_descriptor *items, size_t n, const char *tag, bool is_exact)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct image_descriptor d = items[i];

		if (!has_tag(&d, tag, is_exact))
			continue;
		items[i] = items[kept];
		items[kept++] = d;
	}
	return kept;
}

static int choose(struct image_descriptor *items, size_t n, const struct image_wish *wish,
		  struct image_descriptor *ret, struct reason *why)
{
	const char *tag = wish->is_nested ? NULL : wish->tag ? wish->tag : "latest";
	const struct image_descriptor *found = NULL;
	size_t kept = 0;

	if (tag) {
		kept = keep_tagged(items, n, tag, true);
		if (kept == 0)
			kept = keep_tagged(items, n, tag, false);
	}
	if (kept == 0 && !wish->is_nested && wish->tag)
		return no_tag(items, n, wish->tag, why);
	if (kept > 0)
		n = kept;
	for (size_t i = 0; i < n; i++) {
		if (!fits_machine(&items[i], wish->architecture))
			continue;
		if (!wish->tag && is_attachment(&items[i]))
			continue;
		if (!found || !wish->is_nested)
			found = &items[i];
	}
	if (!found)
		return no_machine(items, n, wish->architecture, why);
	*ret = *found;
	return 0;
}

int image_index_pick(const json_t *index, const struct image_wish *wish,
		     struct image_descriptor *ret, struct reason *why)
{
	const json_t *manifests = json_object_get(index, "manifests");
	size_t n = json_array_size(manifests);
	_free_ struct image_descriptor *items = NULL;

	if (!json_is_array(manifests) || json_object_get(index, "layers"))
		return fail(why, -EBADMSG, "the index of the image has no list of manifests");
	if (n == 0)
		return fail(why, -ENOENT, "the layout is empty");
	if (n > IMAGE_INDEX_MAX)
		return fail(why, -E2BIG,
			    "the index of the image has %zu entries, at most %d are read", n,
			    IMAGE_INDEX_MAX);
	items = calloc(n, sizeof(*items));
	if (!items)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		int r = parse_descriptor(json_array_get(manifests, i), &items[i], why);

		if (r < 0)
			return r;
	}
	return choose(items, n, wish, ret, why);
}

int image_manifest_parse(const json_t *json, struct image_manifest *ret, struct reason *why)
{
	const json_t *layers = json_object_get(json, "layers");
	struct image_manifest m = {.n_layers = json_array_size(layers),
				   .artifact_type = get_string(json, "artifactType")};
	int r;

	if (!json_is_array(layers) || json_object_get(json, "manifests") || m.n_layers == 0)
		return fail(why, -EBADMSG, "the manifest of the image has no layers");
	if (m.n_layers > IMAGE_LAYERS_MAX)
		return fail(why, -E2BIG, "the image has %zu layers, at most %d are read",
			    m.n_layers, IMAGE_LAYERS_MAX);
	r = parse_descriptor(json_object_get(json, "config"), &m.config, why);
	for (size_t i = 0; i < m.n_layers && r == 0; i++)
		r = parse_descriptor(json_array_get(layers, i), &m.layers[i], why);
	if (r < 0)
		return r;
	*ret = m;
	return 0;
}

const char *image_host_architecture(void)
{
#if defined(__x86_64__)
	return "amd64";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__riscv) && __riscv_xlen == 64
	return "riscv64";
#elif defined(__s390x__)
	return "s390x";
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return "ppc64le";
#elif defined(__powerpc64__)
	return "ppc64";
#elif defined(__loongarch64)
	return "loong64";
#elif defined(__arm__)
	return "arm";
#elif defined(__i386__)
	return "386";
#else
	return "unknown";
#endif
}
