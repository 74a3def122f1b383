/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd asks of bpfd-fetch and what it answers, in plain bytes. Knows neither network nor JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "model/image_labels.h"

struct reason;
struct text;

/* One for the socket's object and one for the directory of blobs stay free. */
#define FETCH_BLOBS_MAX	    64
#define FETCH_ENDPOINTS_MAX 8
#define FETCH_FILE_MAX	    (1u << 20)
#define FETCH_TRUST_MAX	    (16u << 20)
#define FETCH_DIGESTS_MAX   2

/* Bytes of a file that bpfd has read; owned. */
struct fetch_file {
	char *data;
	size_t len;
};

/**
 * struct fetch_endpoint - one registry that may have the image. Strings owned.
 * @url:        "https://quay.io".
 * @repository: there; a mirror may put a prefix before it.
 */
struct fetch_endpoint {
	char *url;
	char *repository;
	bool may_be_plain;
	bool skips_verify;
	struct fetch_file ca;
	struct fetch_file cert;
	struct fetch_file key;
};

/**
 * struct fetch_order - one pull, or one verdict. Everything owned.
 * @reference:   as the user wrote it, "quay.io/x/y:tag"; for credentials and words.
 * @endpoints:   tried in this order.
 * @username, @password: of this request; NULL: from @auth (a file of credentials), or nobody.
 * @known:       digest that is in the store already; NULL: none. Then nothing is downloaded when
 * the tag still leads to it.
 * @layout:      it comes from a local layout (@layout: its tag, "" for none), not from
 *               @endpoints; an opener comes along behind the directory of blobs.
 * @btf:         name of this kernel in an archive of BTF; NULL: it has its own.
 * @rule:        who must have signed it (trust/rule.h); empty: nobody.
 * @is_verdict:  ask no registry: are the signatures of @evidence (trust/evidence.h) good for
 *               @digests? A file that they are for comes in place of the directory of blobs.
 */
struct fetch_order {
	char *reference;
	struct fetch_endpoint endpoints[FETCH_ENDPOINTS_MAX];
	size_t n_endpoints;
	char *username;
	char *password;
	struct fetch_file auth;
	char *proxy;
	char *no_proxy;
	char *known;
	char *layout;
	char *btf;
	struct fetch_file rule;
	bool is_verdict;
	struct fetch_file evidence;
	char *digests[FETCH_DIGESTS_MAX];
	size_t n_digests;
};

void fetch_order_done(struct fetch_order *order);
void fetch_order_encode(const struct fetch_order *order, struct text *w);

/* Return: 0, -EBADMSG, -ENOMEM. */
int fetch_order_decode(const void *data, size_t len, struct fetch_order *ret);

/* One thing that was downloaded, or was in the store. */
struct fetch_blob {
	char digest[DIGEST_TEXT_SIZE];
	uint64_t size;
	bool is_stored; /* it was there; no descriptor comes with it */
};

/**
 * struct fetch_answer - what the image is. Its descriptors travel beside it: the object, then one
 * for each blob that is not stored.
 * @digest:     what the tag leads to: an index or a manifest. @manifest: of this machine's image.
 * @dialect:    kind of image, "bpfman" (image/dialect).
 * @source:     URL of the registry that had it.
 * @is_known:   @digest is the order's known one, or it was a verdict; the rest is empty.
 * @verified:   whose signature counted; NULL without a rule. @evidence: the signatures there were.
 */
struct fetch_answer {
	bool is_known;
	char digest[DIGEST_TEXT_SIZE];
	char manifest[DIGEST_TEXT_SIZE];
	char *media_type;
	char *dialect;
	char *source;
	struct image_labels labels;
	struct fetch_blob blobs[FETCH_BLOBS_MAX];
	size_t n_blobs;
	char *verified;
	struct fetch_file evidence;
};

void fetch_answer_done(struct fetch_answer *answer);
void fetch_answer_encode(const struct fetch_answer *answer, struct text *w);

/* Return: 0, -EBADMSG (also: no digest where one must be), -ENOMEM. */
int fetch_answer_decode(const void *data, size_t len, struct fetch_answer *ret);
