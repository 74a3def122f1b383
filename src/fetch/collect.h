/* SPDX-License-Identifier: Apache-2.0 */
/* An image of a registry as the parser sees one: files by digest. What came over the network is
 * kept in memory files for the answer. */
#pragma once

#include "fetch/order.h"
#include "image/source.h"

struct reason;
struct registry;
struct registry_document;

/* @fd: sealed memfd, or the file of the store. */
struct collected {
	struct fetch_blob blob;
	int fd;
};

/**
 * struct collection - everything read of one image.
 * @layout: where the image comes from when there is no @registry; borrowed.
 * @store: directory of blobs that are there already, named by their hexadecimal digits; -1: none.
 * @is_expanded: config and layers of the manifest are there.
 */
struct collection {
	struct registry *registry;
	const struct image_source *layout;
	int store;
	bool is_expanded;
	struct collected items[FETCH_BLOBS_MAX];
	size_t n;
};

void collection_done(struct collection *collection);
#define _collection_ _cleanup_(collection_done)

/* Keep a document. Return: 0, -E2BIG, -errno. */
int collection_add(struct collection *collection, const struct registry_document *document,
		   struct reason *why);

/* The collection must live as long. */
struct image_source collection_source(struct collection *collection);
