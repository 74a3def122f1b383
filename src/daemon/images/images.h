/* SPDX-License-Identifier: Apache-2.0 */
/* The store of images, <state>/images: blobs by digest, and a table of the names they are known by.
 * It is a cache that outlives boots; every file is checked when it is read. Used by all threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "model/image_labels.h"

struct images;
struct reason;

/* A blob that belongs to an image. */
struct image_blob {
	char digest[DIGEST_TEXT_SIZE];
	uint64_t size;
};

/**
 * struct image - one name. Everything owned.
 * @reference: "quay.io/x/y:tag", without scheme.
 * @digest:    what it leads to; @manifest: this machine's; @object: of the ELF in it, which is one
 * of
 *             @blobs too.
 * @dialect:   kind of image, "bpfman".
 * @rule:      of the policy that accepted it (struct trust_demand), "": none was asked.
 * @verified:  whose signature counted; "" or NULL: nobody's. @evidence: blob of its signatures.
 */
struct image {
	char *reference;
	char digest[DIGEST_TEXT_SIZE];
	char manifest[DIGEST_TEXT_SIZE];
	char object[DIGEST_TEXT_SIZE];
	char *media_type;
	char *dialect;
	char *source;
	char rule[DIGEST_TEXT_SIZE];
	char *verified;
	char evidence[DIGEST_TEXT_SIZE];
	struct image_labels labels;
	uint64_t pulled_at;
	uint64_t used_at;
	struct image_blob *blobs;
	size_t n_blobs;
};

struct image_list {
	struct image *items;
	size_t n;
};

void image_done(struct image *image);
#define _image_ _cleanup_(image_done)
void image_list_done(struct image_list *list);

uint64_t image_size(const struct image *image);

/* Open or create below @state; what a crash left half done goes. @programs: state.db, which says
 * what is in use. */
int images_open(const char *state, const char *programs, struct images **ret, struct reason *why);
void images_free(struct images *images);

/* Is there a store? Where its directory cannot be written there is none. Return: 0 or -EROFS. */
int images_check(const struct images *images, struct reason *why);

/* By reference, or a digest of one. Return: 1, 0 (not there) or -errno. */
int images_get(struct images *images, const char *reference, struct image *ret, struct reason *why);
int images_list(struct images *images, struct image_list *ret, struct reason *why);

/* Put or replace a name. Return: 0, -EAGAIN (a blob went away meanwhile: fetch again), -errno. */
int images_put(struct images *images, const struct image *image, struct reason *why);

/* Does a loaded program come from it? 1, 0, -errno. */
int images_is_used(struct images *images, const struct image *image, struct reason *why);

/* Note that it was used now. */
void images_touch(struct images *images, const char *reference, uint64_t now);

/* Forget a name, and the blobs that no other one has; *ret_bytes grows by their size. */
int images_remove(struct images *images, const char *reference, uint64_t *ret_bytes,
		  struct reason *why);

/* Bytes of all blobs, each once. */
int images_total(struct images *images, uint64_t *ret, struct reason *why);

/* The directory of blobs, their names hexadecimal digits; borrowed. */
int images_directory(const struct images *images);

/**
 * images_open_blob() - a sealed copy of a blob, its digest checked.
 *
 * Return: the descriptor, -ENOENT, -EUCLEAN (damaged on disk), -errno.
 */
int images_open_blob(const struct images *images, const char *digest, struct reason *why);

/* One pull of a name at a time: begin waits for the one that runs. Return: 1 when it had to wait.
 */
int images_begin(struct images *images, const char *reference);
void images_end(struct images *images, const char *reference);
