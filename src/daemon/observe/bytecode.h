/* SPDX-License-Identifier: Apache-2.0 */
/* Getting bytecode: opened as the client, copied, hashed, described by a child. No effect on the
 * host. */
#pragma once

#include "base/digest.h"
#include "model/image_labels.h"
#include "model/object.h"

struct caller;
struct context;
struct reason;

/* @fd: sealed memfd with the ELF. @url: canonical form of what was asked for. */
struct fetched {
	int fd;
	char digest[DIGEST_TEXT_SIZE];
	char *url;
	struct object object;
	struct image_labels labels;
};

/**
 * observe_bytecode() - fetch and describe.
 * @text: file:///x.o, a bare absolute path, oci:/layout[:tag], image://… (from the store of images,
 * or a layout that mirrors name).
 *
 * Known bytecode (by digest) is not looked at again.
 * Return: 0 or what job_open(), job_copy(), job_image(), job_look() say.
 */
int observe_bytecode(struct context *ctx, const struct caller *caller, const char *text,
		     struct fetched *ret, struct reason *why);
void fetched_done(struct fetched *fetched);
