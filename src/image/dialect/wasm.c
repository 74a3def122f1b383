/* SPDX-License-Identifier: Apache-2.0 */
/* Owns modules of ecli and wasm-bpf. The module is data here: it is searched for the object that it
 * would load itself, which is either the ELF as it is or ecc's package, {"bpf_object":"…"} with
 * base64 of zlib of the ELF. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "image/dialect/dialect.h"
#include "image/dialect/raw.h"
#include "image/bpf_elf.h"
#include "image/manifest.h"
#include "image/read.h"
#include "model/object.h"

#define KEY "\"bpf_object\""
#define MAGIC                                                                                      \
	"\x7f"                                                                                     \
	"ELF"

static const char *const layer_types[] = {"application/vnd.wasm.content.layer.v1+wasm",
					  "application/wasm"};

static const struct image_descriptor *find_module(const struct image_manifest *m)
{
	const struct image_descriptor *found = NULL;

	for (size_t i = 0; i < array_size(layer_types) && !found; i++)
		found = raw_find(m, layer_types[i]);
	return found;
}

static bool is_wasm(const struct image_manifest *m)
{
	return find_module(m) != NULL;
}

/* 1: found. */
static int find_elf(const struct image_bytes *module, struct image_bytes *ret, struct reason *why)
{
	const char *p = module->data, *end = module->data + module->len;

	for (; (p = memmem(p, (size_t)(end - p), MAGIC, strlen(MAGIC))); p++) {
		size_t len = image_elf_is_bpf(p, (size_t)(end - p))
				     ? image_elf_extent(p, (size_t)(end - p))
				     : 0;

		if (len == 0)
			continue;
		if (len > OBJECT_SIZE_MAX)
			return fail(why, -EFBIG, "the object in the module has %zu bytes", len);
		ret->data = calloc(1, len + 1);
		if (!ret->data)
			return fail(why, -ENOMEM, "out of memory");
		memcpy(ret->data, p, len);
		ret->len = len;
		return 1;
	}
	return 0;
}

/* The text behind "bpf_object": NULL when there is none. */
static const char *find_package(const struct image_bytes *module, size_t *ret_len)
{
	const char *end = module->data + module->len, *p, *quote;

	p = memmem(module->data, module->len, KEY, strlen(KEY));
	if (!p)
		return NULL;
	for (p += strlen(KEY); p < end && (*p == ':' || isspace((unsigned char)*p)); p++)
		;
	if (p == end || *p++ != '"')
		return NULL;
	quote = memchr(p, '"', (size_t)(end - p));
	*ret_len = quote ? (size_t)(quote - p) : 0;
	return quote ? p : NULL;
}

/* No more is unpacked than an object may have. */
static int inflate_object(const char *data, size_t len, struct image_bytes *ret, struct reason *why)
{
	uLongf n = OBJECT_SIZE_MAX;
	_free_ char *room = malloc(OBJECT_SIZE_MAX);
	int z;

	if (!room)
		return fail(why, -ENOMEM, "out of memory");
	z = uncompress((Bytef *)room, &n, (const Bytef *)data, len);
	if (z == Z_BUF_ERROR)
		return fail(
			why, -EFBIG,
			"the object in the module is not whole, or unpacks to more than %u bytes",
			OBJECT_SIZE_MAX);
	if (z != Z_OK)
		return fail(why, -EBADMSG, "the object in the module is not compressed with zlib");
	ret->data = calloc(1, n + 1);
	if (!ret->data)
		return fail(why, -ENOMEM, "out of memory");
	memcpy(ret->data, room, n);
	ret->len = n;
	return image_elf_is_bpf(ret->data, n)
		       ? 1
		       : fail(why, -ENOEXEC, "what the module loads is not an ELF object for BPF");
}

static int unpack_package(const struct image_bytes *module, struct image_bytes *ret,
			  struct reason *why)
{
	_free_ char *data = NULL;
	const char *text;
	size_t len;

	text = find_package(module, &len);
	if (!text)
		return 0;
	if (base64_decode(text, len, &data, &len) < 0)
		return fail(why, -EBADMSG, "the object in the module is not in base64");
	return inflate_object(data, len, ret, why);
}

static int read_wasm(const struct image_request *request, const struct image_manifest *m,
		     struct image_object *ret, struct reason *why)
{
	_bytes_ struct image_bytes module = {0};
	int r = image_source_blob(request->source, find_module(m), IMAGE_LAYER_MAX, &module, why);

	if (r == 0)
		r = unpack_package(&module, &ret->elf, why);
	if (r == 0)
		r = find_elf(&module, &ret->elf, why);
	if (r != 0)
		return r < 0 ? r : 0;
	fail(why, -ENOEXEC, "no BPF object is embedded in the wasm module");
	reason_hint(why, "bpfd runs no wasm: ship the object itself, e.g. with bpfctl image build");
	return -ENOEXEC;
}

const struct image_dialect image_dialect_wasm = {"wasm", is_wasm, read_wasm};
