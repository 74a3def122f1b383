/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way through a layout; each kind of file has its own module. */
#include "image/read.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/labels.h"
#include "image/layer.h"
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

/* A document must be what its descriptor says: one that passes as both index and manifest has
 * fooled tools before (CVE-2021-41190). */
static int read_document(const struct image_source *source, const struct image_descriptor *d,
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
		r = read_document(request->source, &d, "the manifest of the image", &below, why);
		if (r < 0)
			return r;
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

static int unpack_layer(const struct image_source *source, const struct image_descriptor *layer,
			const char *diff_id, struct image_bytes *ret, struct reason *why)
{
	_bytes_ struct image_bytes packed = {0};
	int r;

	if (!diff_id)
		return fail(why, -EBADMSG, "the config of the image has a digest that is no text");
	r = image_source_blob(source, layer, IMAGE_LAYER_MAX, &packed, why);
	return r < 0 ? r : image_layer_unpack(layer, diff_id, &packed, ret, why);
}

/* The uppermost layer that has the object wins, as in a container. */
static int search_layers(const struct image_source *source, const struct image_manifest *manifest,
			 const struct image_config *config, struct image_bytes *ret,
			 struct reason *why)
{
	for (size_t i = manifest->n_layers; i-- > 0;) {
		const char *diff_id = json_string_value(json_array_get(config->diff_ids, i));
		_bytes_ struct image_bytes tar = {0};
		int r = unpack_layer(source, &manifest->layers[i], diff_id, &tar, why);

		if (r == 0)
			r = image_layer_find(&tar, config->filename, ret, why);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (config->filename)
		return fail(why, -ENOEXEC, "the image has no file %s, which its label names",
			    config->filename);
	return fail(why, -ENOEXEC, "the image has no BPF object in it");
}

int image_read(const struct image_request *request, struct image_object *ret, struct reason *why)
{
	_cleanup_(image_config_done) struct image_config config = {0};
	_json_ json_t *manifest_json = NULL;
	_json_ json_t *config_json = NULL;
	struct image_manifest manifest;
	struct image_bytes elf;
	int r = find_manifest(request, ret, &manifest_json, why);

	if (r == 0)
		r = image_manifest_parse(manifest_json, &manifest, why);
	if (r == 0)
		r = read_document(request->source, &manifest.config, "the config of the image",
				  &config_json, why);
	if (r == 0)
		r = image_config_parse(config_json, manifest.n_layers, &config, why);
	if (r == 0)
		r = search_layers(request->source, &manifest, &config, &elf, why);
	if (r < 0)
		return r;
	ret->elf = elf;
	ret->labels = config.labels;
	config.labels = (struct image_labels){0};
	return 0;
}
