/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the walk over an image, its machines and their blobs: what is below comes first, so that a
 * tag never names something that is not whole. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/reason.h"
#include "copy/walk.h"
#include "image/manifest.h"

#define DEPTH_MAX   3
#define ENTRIES_MAX 256

static int copy_blob(struct copy_walk *w, const json_t *json, struct reason *why)
{
	_bytes_ struct image_bytes bytes = {0};
	const json_t *size = json_object_get(json, "size");
	const struct image_descriptor d = {
		.digest = json_string_value(json_object_get(json, "digest")),
		.size = (uint64_t)json_integer_value(size),
	};
	int r;

	if (!d.digest || !digest_is_valid(d.digest) || json_integer_value(size) < 0)
		return fail(why, -EBADMSG,
			    "the image refers to a blob by something else than sha256");
	r = place_blob(w->from, &d, &bytes, why);
	return r < 0 ? r : place_put_blob(w->to, d.digest, &bytes, why);
}

static int copy_blobs(struct copy_walk *w, const json_t *manifest, struct reason *why)
{
	const json_t *layers = json_object_get(manifest, "layers");
	int r = copy_blob(w, json_object_get(manifest, "config"), why);

	for (size_t i = 0; i < json_array_size(layers) && r == 0; i++)
		r = copy_blob(w, json_array_get(layers, i), why);
	return r;
}

static int copy_document(struct copy_walk *w, const struct registry_document *document, int depth,
			 struct reason *why);

static int copy_below(struct copy_walk *w, const char *digest, int depth, struct reason *why)
{
	_document_ struct registry_document d = {0};
	int r;

	if (!digest || !digest_is_valid(digest))
		return fail(why, -EBADMSG,
			    "the index names a manifest by something else than sha256");
	if (depth == DEPTH_MAX || ++w->n > ENTRIES_MAX)
		return fail(why, -E2BIG, "the image has too many manifests");
	r = place_document(w->from, digest, &d, why);
	if (r == 0)
		r = copy_document(w, &d, depth, why);
	return r < 0 ? r : place_put_document(w->to, digest, &d, why);
}

static int copy_document(struct copy_walk *w, const struct registry_document *document, int depth,
			 struct reason *why)
{
	_json_ json_t *json = NULL;
	const json_t *manifests;
	int r = image_json_parse(document->data, document->len, "the manifest", &json, why);

	if (r < 0)
		return r;
	manifests = json_object_get(json, "manifests");
	if (!json_is_array(manifests))
		return copy_blobs(w, json, why);
	for (size_t i = 0; i < json_array_size(manifests) && r == 0; i++)
		r = copy_below(
			w,
			json_string_value(json_object_get(json_array_get(manifests, i), "digest")),
			depth + 1, why);
	return r;
}

int copy_parts(struct copy_walk *walk, const struct registry_document *document, struct reason *why)
{
	return copy_document(walk, document, 0, why);
}

int copy_image(struct place *from, struct place *to, char ret_digest[static DIGEST_TEXT_SIZE],
	       struct reason *why)
{
	_document_ struct registry_document top = {0};
	struct copy_walk w = {.from = from, .to = to};
	int r = place_document(from, NULL, &top, why);

	if (r == 0)
		r = copy_document(&w, &top, 0, why);
	if (r == 0)
		r = place_put_document(to, NULL, &top, why);
	if (r == 0)
		memcpy(ret_digest, top.digest, DIGEST_TEXT_SIZE);
	return r;
}
