/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that are one file as it is, no tar. */
#pragma once

#include <stddef.h>

struct image_bytes;
struct image_descriptor;
struct image_manifest;
struct image_object;
struct image_source;
struct reason;

/* Layers of a media type: how many, and the first. */
size_t raw_count(const struct image_manifest *manifest, const char *media_type);
const struct image_descriptor *raw_find(const struct image_manifest *manifest,
					const char *media_type);

/* The layer is the object. Return: 0, -ENOEXEC (it is no BPF object), and as image_source_blob().
 */
int raw_read(const struct image_source *source, const struct image_descriptor *layer,
	     struct image_object *ret, struct reason *why);
