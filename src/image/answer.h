/* SPDX-License-Identifier: Apache-2.0 */
/* The one message that bpfd-image answers with, and the protocol between it and its opener. */
#pragma once

#include <stddef.h>

#include "base/digest.h"

struct image_labels;
struct reason;
struct text;

/* Descriptors that bpfd-image is started with; argv[1] is the tag, absent for none. */
#define IMAGE_OPENER_FD 3
#define IMAGE_ANSWER_FD 4

/* Longest answer in bytes; a longer one is refused. */
#define IMAGE_ANSWER_MAX (128u << 10)

/*
 * The opener's protocol, SOCK_SEQPACKET. Request: the name, without NUL: "oci-layout", "index.json"
 * or "blobs/sha256/" and 64 lower-case hexadecimal digits. Reply: an answer without labels; with
 * code 0 it carries one descriptor of a regular file, opened read-only.
 */
#define IMAGE_OPEN_NAME_MAX  80
#define IMAGE_OPEN_REPLY_MAX 2048

/* Success: u32 0, digest of the object, image_labels_encode() as bytes; with one descriptor, the
 * sealed memfd. @labels may be NULL, @digest too: empty. */
void image_answer_encode(const struct image_labels *labels, const char *digest, struct text *w);

/* Failure: u32 code, text, hint. */
void image_answer_encode_failure(const struct reason *why, struct text *w);

/**
 * image_answer_decode() - believe nothing: the sender parsed foreign input.
 * @ret_labels: NULL for the opener's replies.
 *
 * Return: 0, the sender's failure with its words in @why, -EBADMSG (not an answer), -ENOMEM.
 */
int image_answer_decode(const void *data, size_t len, struct image_labels *ret_labels,
			char ret_digest[static DIGEST_TEXT_SIZE], struct reason *why);
