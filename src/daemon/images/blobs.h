/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the store of images by digest. */
#pragma once

#include <stdint.h>

struct image_blob;
struct reason;

/**
 * blobs_put() - copy the file @from to its name, if its content is what the digest says.
 * @dir: directory of blobs.
 *
 * Either the whole file appears or none. Return: 0, -EBADMSG, -ENOSPC, -errno.
 */
int blobs_put(int dir, const struct image_blob *blob, int from, struct reason *why);

/* As images_open_blob(). */
int blobs_open(int dir, const char *digest, struct reason *why);

/* The name of a blob in the directory. */
const char *blobs_name(const char *digest);

/* Call @is_wanted for every file; those that are not go. Return: 0 or -errno. */
int blobs_sweep(int dir, int (*is_wanted)(const char *name, void *userdata), void *userdata);
