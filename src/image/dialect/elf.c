/* SPDX-License-Identifier: Apache-2.0 */
/* Owns artifacts that are an object and nothing else, of whatever media type. */
#include <errno.h>

#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/bpf_elf.h"
#include "image/manifest.h"
#include "image/read.h"
#include "model/object.h"

/* The last row of the table. */
static bool is_any(const struct image_manifest *m)
{
	(void)m;
	return true;
}

static int read_elf(const struct image_request *request, const struct image_manifest *m,
		    struct image_object *ret, struct reason *why)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		_bytes_ struct image_bytes b = {0};
		int r;

		if (m->layers[i].size > OBJECT_SIZE_MAX)
			continue;
		r = image_source_blob(request->source, &m->layers[i], OBJECT_SIZE_MAX, &b, why);
		if (r < 0)
			return r;
		if (!image_elf_is_bpf(b.data, b.len))
			continue;
		if (ret->elf.data)
			return fail(
				why, -ENOEXEC,
				"the artifact has several BPF objects, and one is to be loaded");
		ret->elf = b;
		b = (struct image_bytes){0};
	}
	return ret->elf.data ? 0
			     : fail(why, -ENOEXEC, "no BPF object in it: config %s, first layer %s",
				    m->config.media_type, m->layers[0].media_type);
}

const struct image_dialect image_dialect_elf = {"elf", is_any, read_elf};
