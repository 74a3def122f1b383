/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one object out of a local OCI layout, by two children: one may open, one parses. */
#pragma once

#include "base/digest.h"
#include "forkserver/open.h"
#include "model/image_labels.h"

/**
 * job_image() - read one object out of an OCI layout: an opener with the client's identity serves a
 * parser without privileges.
 * @layout: absolute directory; @tag: NULL for the only or newest manifest.
 * @ret_fd: sealed memfd with the ELF.
 *
 * Return: 0; -ENOENT (no layout, no such tag: lists the tags), -EBADMSG (a digest does not match),
 * -EFBIG, -ENOEXEC (no object for this machine in it), -EACCES, -ETIMEDOUT.
 */
int job_image(struct forkserver *fs, const struct job_identity *as, const char *layout,
	      const char *tag, int *ret_fd, char ret_digest[static DIGEST_TEXT_SIZE],
	      struct image_labels *ret_labels, struct reason *why);
