/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a layer: the first one chooses the packing, or a tar. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/layer.h"
#include "image/source.h"
#include "model/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(const char *media_type, const struct image_bytes *packed)
{
	struct image_descriptor layer = {.media_type = media_type};
	_bytes_ struct image_bytes tar = {.len = 0};
	_reason_ struct reason why = {.code = 0};

	/* No input has this digest, so everything is refused, late or early. */
	if (image_layer_unpack(&layer, "sha256:", packed, &tar, &why) == 0)
		abort();
}

static void find(const struct image_bytes *tar, const char *filename)
{
	_bytes_ struct image_bytes object = {.len = 0};
	_reason_ struct reason why = {.code = 0};

	if (image_layer_find(tar, filename, &object, &why) == 1 &&
	    (object.len < 64 || object.len > OBJECT_SIZE_MAX))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_bytes rest = {.data = (char *)(uintptr_t)data + 1, .len = size - 1};

	if (size < 2)
		return 0;
	if (data[0] == 'g') {
		unpack("application/vnd.oci.image.layer.v1.tar+gzip", &rest);
	} else if (data[0] == 'z') {
		unpack("application/vnd.oci.image.layer.v1.tar+zstd", &rest);
	} else {
		find(&rest, NULL);
		find(&rest, "x.o");
	}
	return 0;
}
