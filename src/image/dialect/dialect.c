/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of kinds and its order. */
#include "image/dialect/dialect.h"

#include <stddef.h>

#include "base/cleanup.h"

static const struct image_dialect *const table[] = {
	&image_dialect_gadget, &image_dialect_bumblebee, &image_dialect_wasm,
	&image_dialect_bpfman, &image_dialect_elf,
};

const struct image_dialect *image_dialect_of(const struct image_manifest *manifest)
{
	for (size_t i = 0; i < array_size(table); i++)
		if (table[i]->fits(manifest))
			return table[i];
	return &image_dialect_elf;
}
