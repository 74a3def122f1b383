/* SPDX-License-Identifier: Apache-2.0 */
/* One repository of one registry, in the words of the OCI distribution specification. Every byte
 * that comes is checked against the digest it was asked for. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "registry/auth/auth.h"
#include "registry/http.h"

struct reason;

#define REGISTRY_MANIFEST_MAX (1u << 20)
#define REGISTRY_PARALLEL_MAX 16

/**
 * struct registry_options - borrowed as long as the client lives.
 * @url:         "https://quay.io" or "http://127.0.0.1:5000"; no '/' at the end.
 * @repository:  "bpfd-bytecode/xdp_pass".
 * @credentials: or NULL; only ever sent to @url's host and to the realm that it names.
 * @wants_push:  ask for the right to write.
 */
struct registry_options {
	struct http_options http;
	const char *url;
	const char *repository;
	const struct credentials *credentials;
	bool wants_push;
};

struct registry;

/* Talks to nobody yet. Return: 0, -ENOMEM. */
int registry_new(const struct registry_options *options, struct registry **ret, struct reason *why);
void registry_free(struct registry *registry);
void registry_freep(struct registry **registry);
#define _registry_ _cleanup_(registry_freep)

/* Bytes owned, with a NUL behind them. */
struct registry_document {
	char digest[DIGEST_TEXT_SIZE];
	char *media_type;
	char *data;
	size_t len;
};

void registry_document_done(struct registry_document *document);
#define _document_ _cleanup_(registry_document_done)

/**
 * registry_manifest() - an index or a manifest.
 * @version: tag or digest.
 *
 * Return: 0, -ENOENT (no such repository or tag), -EACCES (401, 403), -EAGAIN (429), -EIO (5xx),
 * -EBADMSG (digest), -EFBIG, or what http_run() says.
 */
int registry_manifest(struct registry *registry, const char *version, struct registry_document *ret,
		      struct reason *why);

/* Only its digest, without the bytes where the registry tells it. */
int registry_resolve(struct registry *registry, const char *version,
		     char ret[static DIGEST_TEXT_SIZE], struct reason *why);

/* What refers to a digest: an index. Return: -ENOENT where the registry knows no such thing, else
 * as registry_manifest(). */
int registry_referrers(struct registry *registry, const char *digest, struct registry_document *ret,
		       struct reason *why);

/* What to download; @file: where to, from its start. */
struct registry_blob {
	const char *digest;
	uint64_t size;
	int file;
};

/* Several at once. Sizes and digests are checked. Return: as registry_manifest(). */
int registry_blobs(struct registry *registry, const struct registry_blob *blobs, size_t n,
		   struct reason *why);

/* Upload a blob if it is not there already. */
int registry_push_blob(struct registry *registry, const char *digest,
		       const struct http_bytes *bytes, struct reason *why);

/* @version: tag or digest. @document: media type and bytes. */
int registry_push_manifest(struct registry *registry, const char *version,
			   const struct registry_document *document, struct reason *why);
