/* SPDX-License-Identifier: Apache-2.0 */
/* What the labels of an image say about an object, taken from the object itself. For image build
 * only: the caller's own object, read with libbpf. */
#pragma once

#include <stdbool.h>

#include "image/source.h"

struct reason;
struct json_t;

/* Can its labels be told here? libbpf reads objects of this machine's byte order alone. */
bool image_object_is_readable(const struct image_bytes *elf);

/**
 * image_object_labels() - the labels io.ebpf.* of an object.
 * @filename: its name in the image.
 * @type:     hook kind for programs whose section does not tell; NULL: none.
 * @ret:      JSON object of label to text; owned by the caller.
 *
 * io.ebpf.filename and io.ebpf.maps always; io.ebpf.programs when the type of every program is
 * known; for a single program also the labels of 2023 (docs/IMAGES.md).
 *
 * Return: 0, -ENOEXEC (not a BPF object, or legacy maps), -ENOMEM.
 */
int image_object_labels(const struct image_bytes *elf, const char *filename, const char *type,
			struct json_t **ret, struct reason *why);
