/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the check that a layer is an object. */
#include "image/dialect/raw.h"

#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "image/bpf_elf.h"
#include "image/manifest.h"
#include "image/read.h"
#include "model/object.h"

const struct image_descriptor *raw_find(const struct image_manifest *m, const char *media_type)
{
	for (size_t i = 0; i < m->n_layers; i++)
		if (strcmp(m->layers[i].media_type, media_type) == 0)
			return &m->layers[i];
	return NULL;
}

size_t raw_count(const struct image_manifest *m, const char *media_type)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_layers; i++)
		n += strcmp(m->layers[i].media_type, media_type) == 0;
	return n;
}

int raw_read(const struct image_source *source, const struct image_descriptor *layer,
	     struct image_object *ret, struct reason *why)
{
	int r = image_source_blob(source, layer, OBJECT_SIZE_MAX, &ret->elf, why);

	if (r < 0)
		return r;
	return image_elf_is_bpf(ret->elf.data, ret->elf.len)
		       ? 0
		       : fail(why, -ENOEXEC,
			      "the program in the image is not an ELF object for BPF");
}
