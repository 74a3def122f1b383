/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over what is copied. For the files of this folder. */
#pragma once

#include "copy/place.h"

/* @n: documents so far, which are bounded. */
struct copy_walk {
	struct place *from;
	struct place *to;
	unsigned int n;
};

/* Everything below a document, not the document itself. */
int copy_parts(struct copy_walk *walk, const struct registry_document *document,
	       struct reason *why);
