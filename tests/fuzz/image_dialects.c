/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the one layer of an artifact: the first byte chooses its kind. What is found begins
 * like an object and is no larger than one may be. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/reason.h"
#include "image/bpf_elf.h"
#include "image/dialect/dialect.h"
#include "image/manifest.h"
#include "image/read.h"
#include "model/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int open_layer(const struct image_source *source, const char *name, struct reason *why)
{
	const struct image_bytes *layer = source->data;
	int fd = memfd_create("layer", MFD_CLOEXEC);

	(void)name;
	(void)why;
	if (fd < 0 || fd_write_all(fd, layer->data, layer->len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {
		"application/vnd.gadget.ebpf.program.v1+binary",
		"application/ebpf.oci.image.program.v1+binary",
		"application/wasm",
		"application/octet-stream",
	};
	_cleanup_(image_object_done) struct image_object object = {.dialect = NULL};
	_reason_ struct reason why = {.code = 0};
	struct image_bytes layer = {.data = (char *)(uintptr_t)data + 1, .len = size - 1};
	const struct image_source source = {.data = &layer, .open = open_layer};
	const struct image_request request = {.source = &source};
	struct image_manifest m = {.n_layers = 1};
	char digest[DIGEST_TEXT_SIZE];

	if (size == 0)
		return 0;
	digest_text(layer.data, layer.len, digest);
	m.config = (struct image_descriptor){.media_type = "application/vnd.oci.empty.v1+json"};
	m.layers[0] = (struct image_descriptor){.media_type = types[data[0] % array_size(types)],
						.digest = digest,
						.size = size - 1};
	if (image_dialect_of(&m)->read(&request, &m, &object, &why) < 0)
		return 0;
	if (!image_elf_is_bpf(object.elf.data, object.elf.len) || object.elf.len > OBJECT_SIZE_MAX)
		abort();
	return 0;
}
