/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts made by hand for the tests: every document is given as text, so that a test can lie. */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "image/source.h"

#define DOCUMENT_MAX 4096

#define OCI_INDEX    "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG   "application/vnd.oci.image.config.v1+json"
#define OCI_LAYER    "application/vnd.oci.image.layer.v1.tar"

/* A layout in a directory of its own; @path is removed by fixture_done(). */
struct fixture {
	char path[64];
	int fd;
};

/* A document or layer that was stored. */
struct stored {
	char digest[DIGEST_TEXT_SIZE];
	size_t size;
};

/* An image of one layer. Members left NULL get what is right. */
struct fixture_image {
	const char *labels; /* JSON object */
	const char *filename;
	const char *manifest_type;
	const char *layer_type;
	const char *diff_id;
	const struct image_bytes *file;
	bool is_gzip;
};

void fixture_init(struct fixture *f);
void fixture_done(struct fixture *f);
#define _fixture_ _cleanup_(fixture_done)

/* A file of the layout, and a blob under its digest. */
void fixture_write(const struct fixture *f, const char *name, const char *text);
struct stored fixture_blob(const struct fixture *f, const void *data, size_t len);

/* Store layer, config and manifest; the manifest is returned. */
struct stored fixture_image(const struct fixture *f, const struct fixture_image *image);

/* {"mediaType":…,"digest":…,"size":…} and @more behind it, e.g. ",\"platform\":{…}"; static. */
const char *fixture_descriptor(const char *type, const struct stored *s, const char *more);

/* index.json with these descriptors. */
void fixture_index(const struct fixture *f, const char *descriptors);

/* Store the image and make it the only one, tagged "latest". */
void fixture_only(const struct fixture *f, const struct fixture_image *image);

/* 64 bytes and more that look like an object for BPF, of @len bytes; heap. */
struct image_bytes fixture_object(size_t len);
