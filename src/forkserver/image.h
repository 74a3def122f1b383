/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one object out of a local OCI layout, by two children: one may open, one parses. */
#pragma once

#include "base/digest.h"
#include "forkserver/open.h"
#include "model/image_labels.h"
#include "trust/rule.h"

struct bytecode;
struct job;

/**
 * struct image_found - everything owned.
 * @fd:        sealed memfd with the ELF; @digest is its own, computed by the caller's side.
 * @top:       what the tag leads to; @manifest: this machine's. As the layout says.
 * @evidence:  signatures, if they were wanted (trust/evidence.h).
 */
struct image_found {
	int fd;
	char digest[DIGEST_TEXT_SIZE];
	char top[DIGEST_TEXT_SIZE];
	char manifest[DIGEST_TEXT_SIZE];
	struct image_labels labels;
	struct trust_bytes evidence;
};

void image_found_done(struct image_found *found);

/* @from: .path is the absolute directory, .tag may be NULL for "latest", else the newest. @btf: as
 * in struct image_request. */
struct image_ask {
	const struct job_identity *as;
	const struct bytecode *from;
	bool wants_signatures;
	const char *btf;
};

/* Start an opener of the layout .path with an identity. Return: 0; -EINVAL (not absolute), -errno
 * of opening the directory as that identity. */
int job_opener(struct forkserver *fs, const struct image_ask *ask, struct job *ret,
	       struct reason *why);

/**
 * job_image() - read one object out of an OCI layout: an opener with the client's identity serves a
 * parser without privileges.
 *
 * Return: 0; -ENOENT (no layout, no such tag: lists the tags), -EBADMSG (a digest does not match),
 * -EFBIG, -ENOEXEC (no object for this machine in it), -EACCES, -ETIMEDOUT.
 */
int job_image(struct forkserver *fs, const struct image_ask *ask, struct image_found *ret,
	      struct reason *why);
