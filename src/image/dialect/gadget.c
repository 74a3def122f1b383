/* SPDX-License-Identifier: Apache-2.0 */
/* Owns images of Inspektor Gadget: one layer is the object, as it is. Its gadget.yaml and its wasm
 * module say how Inspektor Gadget shows what the object finds; nothing of that is run here. */
#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "base/tail.h"
#include "base/text.h"
#include "image/dialect/dialect.h"
#include "image/dialect/raw.h"
#include "image/layer.h"
#include "image/manifest.h"
#include "image/read.h"
#include "portability/btf_archive.h"
#include "model/object.h"

#define PREFIX	"application/vnd.gadget."
#define PROGRAM PREFIX "ebpf.program.v1+binary"
#define BTFGEN	PREFIX "btfgen.v1+binary"

static bool is_gadget(const struct image_manifest *m)
{
	return (m->artifact_type && strncmp(m->artifact_type, PREFIX, strlen(PREFIX)) == 0) ||
	       strncmp(m->config.media_type, PREFIX, strlen(PREFIX)) == 0 ||
	       raw_count(m, PROGRAM) > 0;
}

/* BTF of this kernel, from the archive in the image, goes behind the object: who loads it looks
 * there (load/load.c). */
static int add_btf(const struct image_request *request, const struct image_manifest *m,
		   struct image_object *ret, struct reason *why)
{
	const struct image_descriptor *layer = raw_find(m, BTFGEN);
	const char *slash = request->btf ? strrchr(request->btf, '/') : NULL;
	_bytes_ struct image_bytes packed = {0};
	_bytes_ struct image_bytes btf = {0};
	_text_ struct text name = {0};
	_text_ struct text whole = {0};
	int r;

	if (!layer || !slash)
		return 0;
	r = image_source_blob(request->source, layer, IMAGE_LAYER_MAX, &packed, why);
	if (r == 0)
		r = image_layer_file(&packed, request->btf, OBJECT_SIZE_MAX - ret->elf.len, &btf,
				     why);
	if (r <= 0)
		return r;
	text_add(&name, BTF_TAIL "%.*s", (int)(strlen(slash + 1) - strlen(".btf")), slash + 1);
	text_add_bytes(&whole, ret->elf.data, ret->elf.len);
	tail_add(&whole, name.data ? name.data : "", btf.data, btf.len);
	if (name.r < 0 || whole.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	image_bytes_done(&ret->elf);
	ret->elf.len = whole.len;
	ret->elf.data = text_take(&whole);
	return 0;
}

static int read_gadget(const struct image_request *request, const struct image_manifest *m,
		       struct image_object *ret, struct reason *why)
{
	size_t n = raw_count(m, PROGRAM);
	int r;

	if (n == 1) {
		r = raw_read(request->source, raw_find(m, PROGRAM), ret, why);
		return r < 0 ? r : add_btf(request, m, ret, why);
	}
	if (n > 1)
		return fail(why, -ENOEXEC, "the gadget has %zu programs, and one is to be loaded",
			    n);
	r = fail(why, -ENOEXEC, "the gadget has no eBPF program");
	reason_hint(why, "what it does it does in wasm or in Inspektor Gadget itself: run it with "
			 "ig or kubectl gadget");
	return r;
}

const struct image_dialect image_dialect_gadget = {"gadget", is_gadget, read_gadget};
