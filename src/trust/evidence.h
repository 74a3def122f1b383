/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures as they were found, not believed yet. They are kept with an image, so that it can be
 * verified again without its registry. */
#pragma once

#include "trust/rule.h"

/* All together they fit into what is kept of them (FETCH_TRUST_MAX). */
#define EVIDENCE_ITEMS_MAX 32
#define EVIDENCE_ITEM_MAX  (128u << 10)
#define EVIDENCE_TEXT_MAX  (64u << 10)

enum evidence_kind {
	EVIDENCE_SIMPLE,   /* cosign until 2: a layer of the tag sha256-….sig */
	EVIDENCE_BUNDLE,   /* cosign 3: Sigstore's bundle, JSON */
	EVIDENCE_DETACHED, /* of a file: the signature alone */
	_EVIDENCE_KIND_MAX
};

/**
 * struct evidence_item - one signature. Everything owned, what is absent has no .data. The payload
 * has at most EVIDENCE_ITEM_MAX bytes, the rest EVIDENCE_TEXT_MAX each.
 * @payload:     EVIDENCE_SIMPLE: simplesigning JSON. EVIDENCE_BUNDLE: the bundle.
 * @signature:   EVIDENCE_SIMPLE: base64. EVIDENCE_DETACHED: base64 or the bytes.
 * @certificate: PEM, of who signed without a key of his own.
 * @set:         Rekor's word, the annotation dev.sigstore.cosign/bundle; JSON.
 * @stamp:       RFC 3161, the annotation dev.sigstore.cosign/rfc3161timestamp; JSON.
 */
struct evidence_item {
	enum evidence_kind kind;
	struct trust_bytes payload;
	struct trust_bytes signature;
	struct trust_bytes certificate;
	struct trust_bytes set;
	struct trust_bytes stamp;
};

struct evidence {
	struct evidence_item items[EVIDENCE_ITEMS_MAX];
	size_t n;
};

void evidence_done(struct evidence *evidence);
#define _evidence_ _cleanup_(evidence_done)

/* The next free item, or NULL when there are too many. */
struct evidence_item *evidence_add(struct evidence *evidence, enum evidence_kind kind);

void evidence_encode(const struct evidence *evidence, struct text *w);

/* Return: 0, -EBADMSG, -ENOMEM. */
int evidence_decode(const void *data, size_t len, struct evidence *ret);
