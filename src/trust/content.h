/* SPDX-License-Identifier: Apache-2.0 */
/* What signatures are about: the documents that are signed, read only after their signature was
 * found good. */
#pragma once

#include <stdbool.h>

#include "base/digest.h"
#include "trust/key.h"
#include "trust/rule.h"

struct json_t;

#define CONTENT_SUBJECTS_MAX 16

/* What one signature is for. */
struct content {
	char digests[CONTENT_SUBJECTS_MAX][DIGEST_TEXT_SIZE];
	size_t n;
};

/* cosign's simplesigning JSON. Return: 0, -EBADMSG. */
int content_simple(const struct key_bytes *payload, struct content *ret, struct reason *why);

/* An in-toto statement. Return: 0, -EBADMSG. */
int content_statement(const struct key_bytes *payload, struct content *ret, struct reason *why);

/**
 * struct bundle - Sigstore's bundle, 0.1 to 0.3. Everything owned.
 * @is_envelope: a DSSE envelope: @payload is its document, @message what was signed (PAE). Else
 *               @message_digest is all that is said of the message.
 * @certificate: DER, empty when it was signed with a key.
 * @json:        the whole, for what proves the time.
 */
struct bundle {
	bool is_envelope;
	struct trust_bytes payload;
	struct trust_bytes message;
	char message_digest[DIGEST_TEXT_SIZE];
	struct trust_bytes signature;
	struct trust_bytes certificate;
	struct json_t *json;
};

void bundle_done(struct bundle *bundle);
#define _bundle_ _cleanup_(bundle_done)

/* Return: 0, -EBADMSG (the text says what is missing), -ENOMEM. */
int bundle_parse(const struct key_bytes *text, struct bundle *ret, struct reason *why);

/* Bytes of base64 in a member of a JSON object. Return: 0, -EBADMSG, -ENOMEM. */
int content_bytes(const struct json_t *object, const char *key, struct trust_bytes *ret);
