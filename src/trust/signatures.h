/* SPDX-License-Identifier: Apache-2.0 */
/* Where signatures of an image lie: the tag sha256-HEX.sig, referrers, and the tag sha256-HEX of
 * registries that know no referrers. In registries and in layouts alike. */
#pragma once

#include <stdint.h>

#include "trust/evidence.h"

struct reason;

/**
 * struct signature_reader - the place where the image is.
 * @document:  manifest or index by tag or digest; checked against a digest.
 * @referrers: index of what refers to a digest; NULL: the place has none.
 * @blob:      checked bytes.
 *
 * Each returns 0, -ENOENT (there is none) or -errno.
 */
struct signature_reader {
	void *data;
	int (*document)(void *data, const char *version, struct trust_bytes *ret,
			struct reason *why);
	int (*referrers)(void *data, const char *digest, struct trust_bytes *ret,
			 struct reason *why);
	int (*blob)(void *data, const char *digest, uint64_t size, struct trust_bytes *ret,
		    struct reason *why);
};

/**
 * signatures_collect() - add all signatures of one digest to @ret.
 *
 * One that is malformed is left out: it proves nothing. None at all is no error.
 * Return: 0, or what the reader says (a registry that does not answer).
 */
int signatures_collect(const struct signature_reader *reader, const char *digest,
		       struct evidence *ret, struct reason *why);

#define SIGNATURE_SIMPLE_TYPE "application/vnd.dev.cosign.simplesigning.v1+json"
#define SIGNATURE_BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

/* The tags: "sha256-HEX" and @suffix, "" or ".sig". */
void signatures_tag(const char *digest, const char *suffix, char ret[static 80]);
