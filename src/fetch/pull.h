/* SPDX-License-Identifier: Apache-2.0 */
/* One image out of a registry: from an order to the object and every blob. */
#pragma once

#include "fetch/collect.h"
#include "fetch/order.h"

struct reason;

/* @object: sealed memfd; −1: known already. @collection: the blobs of @answer, in its order. */
struct pulled {
	struct fetch_answer answer;
	struct collection collection;
	int object;
};

void pulled_done(struct pulled *pulled);

/**
 * pull_image() - ask the endpoints in turn; the first that has the image wins.
 * @store: as in struct collection; borrowed.
 *
 * Return: 0; what registry_manifest() and image_read() say. When none has it: the failure of the
 * last, and in short those before it.
 */
int pull_image(const struct fetch_order *order, int store, struct pulled *ret, struct reason *why);

/* The same out of a local layout. @layout: borrowed. Return: what image_read() says. */
int pull_layout(const struct fetch_order *order, const struct image_source *layout, int store,
		struct pulled *ret, struct reason *why);
