/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at: an image of the daemon's store, of a registry or of a layout, or a file.
 * Images from elsewhere are copied into a layout of this run first, each blob checked. */
#pragma once

#include "copy/place.h"
#include "copy/scratch.h"
#include "image/read.h"

struct json_t;
struct reason;

/* @socket: the daemon's, NULL: the usual one. */
struct subject_ask {
	struct place_options place;
	const char *socket;
	const char *name;
};

/**
 * struct subject - everything owned.
 * @origin:   "file", "layout", "store" or the registry's URL.
 * @object:   of an image: digests, dialect, labels; .elf of a file too.
 * @top, @manifest, @config: JSON, NULL when there is none (of a file).
 * @size:     bytes of config and layers; @top_size: of the document .top.
 * @n_signatures: found beside it, not verified.
 */
struct subject {
	struct scratch scratch;
	char *origin;
	int dir;
	struct image_object object;
	struct json_t *top;
	struct json_t *manifest;
	struct json_t *config;
	uint64_t size;
	uint64_t top_size;
	size_t n_signatures;
};

/* @ret: subject_done() also after a failure. Return: 0, and as place_open(), image_read(). */
int subject_open(const struct subject_ask *ask, struct subject *ret, struct reason *why);
void subject_done(struct subject *subject);
#define _subject_ _cleanup_(subject_done)

/* A document of the subject's layout by its digest; NULL: it is not there (another machine's). New
 * reference. */
struct json_t *subject_document(const struct subject *subject, const char *digest);
