/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures in a layout: they lie beside their image, under tags of cosign's making. */
#pragma once

#include "image/source.h"

struct evidence;
struct reason;

/* Add those of one digest. Return: 0, -errno of reading the layout. */
int image_signatures(const struct image_source *source, const char *digest, struct evidence *ret,
		     struct reason *why);
