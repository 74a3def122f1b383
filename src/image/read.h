/* SPDX-License-Identifier: Apache-2.0 */
/* From a layout to the object in it and what its labels say. */
#pragma once

#include "base/digest.h"
#include "image/source.h"
#include "model/image_labels.h"

struct reason;

/* @at: the index or manifest to begin with; NULL: index.json of a layout, where @tag NULL is
 * "latest", else the newest. @architecture: GOARCH name of the machine. @btf: name of this
 * kernel in an archive of BTF (portability/btf_archive.h), NULL when it has its own. */
struct image_request {
	const struct image_source *source;
	const struct image_descriptor *at;
	const char *tag;
	const char *architecture;
	const char *btf;
};

/* Everything owned but @dialect, which is static: the kind of image (image/dialect). @top: what
 * the tag leads to, an index or the manifest, and its media type. @digest: of the manifest that was
 * chosen for this machine. */
struct image_object {
	const char *dialect;
	char top[DIGEST_TEXT_SIZE];
	char top_type[256];
	char digest[DIGEST_TEXT_SIZE];
	struct image_bytes elf;
	struct image_labels labels;
};

void image_object_done(struct image_object *object);

/**
 * image_read() - follow index, manifest, config and layers; nothing is believed before its digest
 * was checked.
 *
 * Return: 0; -ENOENT (not a layout, no such tag: lists those there), -EBADMSG (broken, or a digest
 * that does not match), -EFBIG, -E2BIG, -ENOEXEC (no BPF object, or none for this machine),
 * -EOPNOTSUPP (media type), -ENOMEM, or what the source said.
 */
int image_read(const struct image_request *request, struct image_object *ret, struct reason *why);
