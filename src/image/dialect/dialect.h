/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of images: one table, one way to tell them. A kind of its own is a file here and a row
 * in dialect.c. */
#pragma once

#include <stdbool.h>

struct image_manifest;
struct image_object;
struct image_request;
struct reason;

/**
 * struct image_dialect - one kind.
 * @name: as "image ls" shows it.
 * @fits: by media types alone. The first of the table that fits has the image.
 * @read: the object, and its labels if it has some. Return: as image_read().
 */
struct image_dialect {
	const char *name;
	bool (*fits)(const struct image_manifest *manifest);
	int (*read)(const struct image_request *request, const struct image_manifest *manifest,
		    struct image_object *ret, struct reason *why);
};

/* Never NULL: any layer may be an object. */
const struct image_dialect *image_dialect_of(const struct image_manifest *manifest);

extern const struct image_dialect image_dialect_gadget;	   /* Inspektor Gadget */
extern const struct image_dialect image_dialect_bumblebee; /* bee of solo.io */
extern const struct image_dialect image_dialect_wasm;	   /* ecli of eunomia */
extern const struct image_dialect image_dialect_bpfman;	   /* labels of the talk and of bpfman */
extern const struct image_dialect image_dialect_elf;	   /* an object as artifact */
