/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way through a layout; each kind of file has its own module. */
#include "image/read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/manifest.h"

/* The layout's index, and below it an index of machines; a deeper one has no use. */
#define INDEX_DEPTH_MAX 3

void image_object_done(struct image_object *object)
{
	image_bytes_done(&object->elf);
	image_labels_done(&object->labels);
}

static int read_json(const struct image_source *source, const char *name, json_t **ret,
		     struct reason *why)
{
	_bytes_ struct image_bytes b = {0};
	int r = image_source_read(source, name, IMAGE_JSON_MAX, &b, why);

	return r < 0 ? r : image_json_parse(b.data, b.len, name, ret, why);
}

static int check_layout(const struct image_source *source, struct reason *why)
{
	_json_ json_t *json = NULL;
	const char *version;
	int r = read_json(source, "oci-layout", &json, why);

	if (r == -ENOENT) {
		reason_done(why);
		return fail(why, -ENOENT, "not an OCI image layout, it has no file oci-layout");
	}
	if (r < 0)
		return r;
	version = json_string_value(json_object_get(json, "imageLayoutVersion"));
	if (!version || strncmp(version, "1.", 2) != 0)
		return fail(why, -EBADMSG, "not an OCI image layout of version 1");
	return 0;
}

/* Where to begin; @ret borrows from @index, which is the caller's. */
static int find_start(const struct image_request *request, json_t **index,
		      struct image_descriptor *ret, struct reason *why)
{
	struct image_wish wish = {.tag = request->tag, .architecture = request->architecture};
	int r;

	if (request->at) {
		*ret = *request->at;
		return 0;
	}
	r = check_layout(request->source, why);
	if (r == 0)
		r = read_json(request->source, "index.json", index, why);
	return r < 0 ? r : image_index_pick(*index, &wish, ret, why);
}

static void set_top(struct image_object *object, const struct image_descriptor *d)
{
	memcpy(object->top, d->digest, DIGEST_TEXT_SIZE);
	snprintf(object->top_type, sizeof(object->top_type), "%s", d->media_type);
}

/* Down to the manifest of one image. */
static int find_manifest(const struct image_request *request, struct image_object *object,
			 json_t **ret, struct reason *why)
{
	struct image_wish wish = {.architecture = request->architecture, .is_nested = true};
	_json_ json_t *json = NULL;
	struct image_descriptor d;
	int r = find_start(request, &json, &d, why);

	for (int depth = 0; r == 0 && depth < INDEX_DEPTH_MAX; depth++) {
		json_t *below;

		if (!image_is_index(&d) && !image_is_manifest(&d))
			return fail(why, -EBADMSG, "there is a %s and not an image", d.media_type);
		r = image_document_read(request->source, &d, "the manifest of the image", &below,
					why);
		if (r < 0)
			return r;
		if (depth == 0)
			set_top(object, &d);
		if (image_is_manifest(&d)) {
			memcpy(object->digest, d.digest, DIGEST_TEXT_SIZE);
			*ret = below;
			return 0;
		}
		json_decref(json);
		json = below;
		r = image_index_pick(json, &wish, &d, why);
	}
	return r < 0 ? r : fail(why, -EBADMSG, "the indexes of the image are nested too deep");
}

int image_read(const struct image_request *request, struct image_object *ret, struct reason *why)
{
	_json_ json_t *json = NULL;
	struct image_manifest manifest;
	const struct image_dialect *dialect;
	int r = find_manifest(request, ret, &json, why);

	if (r == 0)
		r = image_manifest_parse(json, &manifest, why);
	if (r < 0)
		return r;
	dialect = image_dialect_of(&manifest);
	ret->dialect = dialect->name;
	return dialect->read(request, &manifest, ret, why);
}
