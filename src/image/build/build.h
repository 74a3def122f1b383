/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an OCI image layout with one BPF object in it, as the caller; trusts the object, because
 * it is the caller's own. */
#pragma once

#include <stddef.h>

#include "base/digest.h"

struct reason;

#define IMAGE_MACHINES_MAX 32

/* An object and its machine. @architecture: GOARCH name ("arm64"); NULL: this machine's. */
struct image_machine {
	const char *architecture;
	const char *object;
};

/**
 * struct image_build - what goes where. Strings borrowed.
 * @layout:   directory; made when it does not exist (its parent must).
 * @tag:      name in the layout; NULL: "latest". An older image of that name is replaced.
 * @machines: one gives an image, several an index of images, by the names of their architectures.
 * @labels:   n_labels texts "key=value" that win over what the objects say.
 */
struct image_build {
	const char *layout;
	const char *tag;
	struct image_machine machines[IMAGE_MACHINES_MAX];
	size_t n_machines;
	const char *const *labels;
	size_t n_labels;
};

/**
 * image_build() - write the layout, or add to one that is there.
 * @ret_digest: of the manifest, or of the index.
 *
 * The same object, labels and architecture give the same digests. A reader sees the old index or
 * the new one, never a half: blobs first, then index.json by rename(2).
 *
 * Return: 0, -ENOENT, -EINVAL (tag, label, two objects for one machine),
 * -ENOEXEC (not a BPF object, or of the other byte order than its machine), -EFBIG, -EBADMSG (the
 * directory is not a layout), -EEXIST (a directory with other things in it), -errno.
 */
int image_build(const struct image_build *what, char ret_digest[static DIGEST_TEXT_SIZE],
		struct reason *why);
