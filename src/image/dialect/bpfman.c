/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images as containers have them: the object is a file in a tar, labels in the config speak of
 * it (image/labels.h). bpfman's images of all times, and any other image with an object in it. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/labels.h"
#include "image/layer.h"
#include "image/manifest.h"
#include "image/read.h"

static bool is_container(const struct image_manifest *m)
{
	return strcmp(m->config.media_type, "application/vnd.oci.image.config.v1+json") == 0 ||
	       strcmp(m->config.media_type, "application/vnd.docker.container.image.v1+json") == 0;
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

static int read_container(const struct image_request *request, const struct image_manifest *m,
			  struct image_object *ret, struct reason *why)
{
	_cleanup_(image_config_done) struct image_config config = {0};
	_json_ json_t *json = NULL;
	int r = image_document_read(request->source, &m->config, "the config of the image", &json,
				    why);

	if (r == 0)
		r = image_config_parse(json, m->n_layers, &config, why);
	if (r == 0)
		r = search_layers(request->source, m, &config, &ret->elf, why);
	if (r < 0)
		return r;
	ret->labels = config.labels;
	config.labels = (struct image_labels){0};
	return 0;
}

const struct image_dialect image_dialect_bpfman = {"bpfman", is_container, read_container};
