/* SPDX-License-Identifier: Apache-2.0 */
/* One file to a layer: tar and gzip, the same bytes for the same input. */
#pragma once

#include "image/source.h"

struct reason;

/* A tar with the one file @name, mode 0644, of root, at the epoch. Return: 0, -ENOMEM, -EINVAL. */
int image_pack_tar(const char *name, const struct image_bytes *file, struct image_bytes *ret,
		   struct reason *why);

/* gzip without a time. Return: 0, -ENOMEM, -EIO. */
int image_pack_gzip(const struct image_bytes *tar, struct image_bytes *ret, struct reason *why);
