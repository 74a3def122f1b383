/* SPDX-License-Identifier: Apache-2.0 */
/* Index and manifest of an image, in the words of OCI and of docker v2s2: JSON to descriptors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/source.h"

struct reason;
struct json_t;

#define IMAGE_INDEX_MAX	 256
#define IMAGE_LAYERS_MAX 16

/* An index of the layout or of several machines; a manifest of one image. */
bool image_is_index(const struct image_descriptor *descriptor);
bool image_is_manifest(const struct image_descriptor *descriptor);

/* JSON without duplicate keys. @what names it in errors. Return: 0 or -EBADMSG. */
int image_json_parse(const char *data, size_t len, const char *what, struct json_t **ret,
		     struct reason *why);
void image_json_freep(struct json_t **json);

#define _json_ _cleanup_(image_json_freep)

/**
 * image_document_read() - a document by its descriptor, which must agree about what it is: one that
 * passes as both index and manifest has fooled tools before (CVE-2021-41190).
 *
 * Return: as image_source_blob(), -EBADMSG.
 */
int image_document_read(const struct image_source *source,
			const struct image_descriptor *descriptor, const char *what,
			struct json_t **ret, struct reason *why);

/* What is looked for in an index. @tag: NULL for "latest", else the newest. @architecture: GOARCH
 * name, NULL: any. @is_nested: an index of machines: tags do not count, the first that fits is
 * taken. */
struct image_wish {
	const char *tag;
	const char *architecture;
	bool is_nested;
};

/**
 * image_index_pick() - the one entry that fits; @ret borrows from @index.
 *
 * Return: 0, -ENOENT (no such tag; lists those there), -ENOEXEC (nothing for this machine; lists
 * what is there), -EBADMSG (not an index), -E2BIG.
 */
int image_index_pick(const struct json_t *index, const struct image_wish *wish,
		     struct image_descriptor *ret, struct reason *why);

/* @artifact_type: NULL when it has none. */
struct image_manifest {
	const char *artifact_type;
	struct image_descriptor config;
	struct image_descriptor layers[IMAGE_LAYERS_MAX];
	size_t n_layers;
};

/* @ret borrows from @json. Return: 0, -EBADMSG, -E2BIG (layers). */
int image_manifest_parse(const struct json_t *json, struct image_manifest *ret, struct reason *why);

/* This machine as Go and OCI call it ("amd64"). */
const char *image_host_architecture(void);
