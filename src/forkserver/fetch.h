/* SPDX-License-Identifier: Apache-2.0 */
/* Getting one image out of a registry, by a child that has nothing but the network. */
#pragma once

#include "fetch/order.h"

struct forkserver;
struct reason;

/* @object: sealed memfd with the ELF, −1 when the image is the known one; @object_digest is its
 * own, computed here. @blobs: sealed memfds, in the order of .answer.blobs, −1 for stored ones. */
struct fetched_image {
	struct fetch_answer answer;
	int object;
	char object_digest[DIGEST_TEXT_SIZE];
	int blobs[FETCH_BLOBS_MAX];
};

/* No descriptor open. */
void fetched_image_init(struct fetched_image *image);
void fetched_image_done(struct fetched_image *image);

/* @store: directory of the blobs that are there already, or the file of a verdict; −1: none.
 * @opener: of a layout (job_opener()), −1: none. */
struct fetch_files {
	int store;
	int opener;
};

/**
 * job_fetch() - run bpfd-fetch for one order.
 * @files: go along; borrowed.
 *
 * What is said of a blob's digest is not checked here: who stores it does.
 *
 * Return: 0; -ENOENT (no such image or tag), -EACCES (login), -EHOSTUNREACH, -ECONNREFUSED,
 * -ETIMEDOUT, -EPROTO (TLS), -EBADMSG (digest), -EFBIG, -ENOEXEC (no object for this machine), ….
 */
int job_fetch(struct forkserver *fs, const struct fetch_order *order,
	      const struct fetch_files *files, struct fetched_image *ret, struct reason *why);
