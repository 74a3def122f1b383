/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an OCI image layout with one BPF object in it, as the caller; trusts the object, because
 * it is the caller's own. */
#pragma once

#include <stddef.h>

#include "base/digest.h"

struct reason;

/**
 * struct image_build - what goes where. Strings borrowed.
 * @layout:       directory; made when it does not exist (its parent must).
 * @tag:          name in the layout; NULL: "latest". An older image of that name is replaced.
 * @object:       path of the BPF object.
 * @architecture: GOARCH name ("arm64"); NULL: this machine's.
 * @labels:       n_labels texts "key=value" that win over what the object says.
 */
struct image_build {
	const char *layout;
	const char *tag;
	const char *object;
	const char *architecture;
	const char *const *labels;
	size_t n_labels;
};

/**
 * image_build() - write the layout, or add to one that is there.
 * @ret_digest: digest of the manifest.
 *
 * The same object, labels and architecture give the same digests. A reader sees the old index or
 * the new one, never a half: blobs first, then index.json by rename(2).
 *
 * Return: 0, -ENOENT, -EINVAL (tag or label), -ENOEXEC (not a BPF object), -EFBIG, -EBADMSG (the
 * directory is not a layout), -EEXIST (a directory with other things in it), -errno.
 */
int image_build(const struct image_build *what, char ret_digest[static DIGEST_TEXT_SIZE],
		struct reason *why);
