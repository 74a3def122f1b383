/* SPDX-License-Identifier: Apache-2.0 */
/* The config of an image: what its labels say about the object, and the digests of its layers
 * unpacked. Three dialects of labels are understood: docs/IMAGES.md. */
#pragma once

#include <stddef.h>

#include "model/image_labels.h"

struct reason;
struct json_t;

/* @filename: the object's file in the image, NULL when no label names it; borrowed. @diff_ids:
 * array of strings, borrowed. */
struct image_config {
	struct image_labels labels;
	const char *filename;
	const struct json_t *diff_ids;
};

void image_config_done(struct image_config *config);

/**
 * image_config_parse() - @ret borrows from @json where the struct says so.
 * @n_layers: of the manifest; the config must name as many.
 *
 * Return: 0, -EBADMSG (not the config of an image, or labels that are not what they must be: the
 * text names the label), -E2BIG (programs), -ENOMEM.
 */
int image_config_parse(const struct json_t *json, size_t n_layers, struct image_config *ret,
		       struct reason *why);
