/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the JSON of what is signed: simplesigning (cosign's SIGNATURE_SPEC), DSSE and in-toto, and
 * Sigstore's bundle (protobuf-specs, sigstore_bundle.proto). */
#include "trust/content.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/reason.h"
#include "base/text.h"
#include "trust/json.h"

#define BUNDLE_TYPE    "application/vnd.dev.sigstore.bundle"
#define STATEMENT_TYPE "application/vnd.in-toto+json"

static json_t *parse(const struct key_bytes *text)
{
	json_t *json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

static const char *get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int content_simple(const struct key_bytes *payload, struct content *ret, struct reason *why)
{
	_json_ json_t *json = parse(payload);
	const json_t *critical = json_object_get(json, "critical");
	const char *type = get_text(critical, "type");
	const char *digest = get_text(json_object_get(critical, "image"), "docker-manifest-digest");

	if (!type || strcmp(type, "cosign container image signature") != 0)
		return fail(why, -EBADMSG, "what is signed is not an image in cosign's words");
	if (!digest || !digest_is_valid(digest))
		return fail(why, -EBADMSG, "what is signed names no digest of an image");
	memcpy(ret->digests[0], digest, DIGEST_TEXT_SIZE);
	ret->n = 1;
	return 0;
}

static void add_subject(const json_t *subject, struct content *ret)
{
	const char *hex = get_text(json_object_get(subject, "digest"), "sha256");
	char digest[DIGEST_TEXT_SIZE];

	if (!hex || strlen(hex) != DIGEST_TEXT_SIZE - strlen("sha256:") - 1 ||
	    ret->n == CONTENT_SUBJECTS_MAX)
		return;
	snprintf(digest, sizeof(digest), "sha256:%s", hex);
	if (digest_is_valid(digest))
		memcpy(ret->digests[ret->n++], digest, DIGEST_TEXT_SIZE);
}

int content_statement(const struct key_bytes *payload, struct content *ret, struct reason *why)
{
	_json_ json_t *json = parse(payload);
	const char *type = get_text(json, "_type");
	const json_t *subjects = json_object_get(json, "subject");

	if (!type || strncmp(type, "https://in-toto.io/Statement/", 29) != 0)
		return fail(why, -EBADMSG, "what is signed is not an in-toto statement");
	ret->n = 0;
	for (size_t i = 0; i < json_array_size(subjects); i++)
		add_subject(json_array_get(subjects, i), ret);
	return ret->n > 0 ? 0 : fail(why, -EBADMSG, "what is signed names no digest");
}

int content_bytes(const json_t *object, const char *key, struct trust_bytes *ret)
{
	const char *text = get_text(object, key);

	if (!text || *text == '\0')
		return -EBADMSG;
	free(ret->data);
	ret->data = NULL;
	return base64_decode(text, strlen(text), &ret->data, &ret->len) < 0 ? -EBADMSG : 0;
}

void bundle_done(struct bundle *b)
{
	free(b->payload.data);
	free(b->message.data);
	free(b->signature.data);
	free(b->certificate.data);
	json_decref(b->json);
	*b = (struct bundle){0};
}

/* The leaf is the first; 0.3 has it alone. */
static int read_certificate(const json_t *material, struct bundle *b)
{
	const json_t *chain =
		json_object_get(json_object_get(material, "x509CertificateChain"), "certificates");
	const json_t *leaf = json_object_get(material, "certificate");

	if (!leaf)
		leaf = json_array_get(chain, 0);
	return leaf ? content_bytes(leaf, "rawBytes", &b->certificate) : 0;
}

/* DSSE's pre-authentication encoding. */
static int encode_message(const char *type, struct bundle *b)
{
	_text_ struct text pae = {0};

	text_add(&pae, "DSSEv1 %zu %s %zu ", strlen(type), type, b->payload.len);
	text_add_bytes(&pae, b->payload.data, b->payload.len);
	if (pae.r < 0)
		return pae.r;
	b->message.len = pae.len;
	b->message.data = text_take(&pae);
	return 0;
}

static int read_envelope(const json_t *envelope, struct bundle *b, struct reason *why)
{
	const json_t *signatures = json_object_get(envelope, "signatures");
	const char *type = get_text(envelope, "payloadType");

	b->is_envelope = true;
	if (!type || strcmp(type, STATEMENT_TYPE) != 0)
		return fail(why, -EBADMSG, "the bundle's envelope is not an in-toto statement");
	if (json_array_size(signatures) != 1)
		return fail(why, -EBADMSG, "the bundle's envelope has not one signature");
	if (content_bytes(envelope, "payload", &b->payload) < 0 ||
	    content_bytes(json_array_get(signatures, 0), "sig", &b->signature) < 0)
		return fail(why, -EBADMSG, "the bundle's envelope lacks payload or signature");
	return encode_message(type, b) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

static int read_message(const json_t *message, struct bundle *b, struct reason *why)
{
	const json_t *digest = json_object_get(message, "messageDigest");
	const char *algorithm = get_text(digest, "algorithm");
	_free_ char *bytes = NULL;
	struct trust_bytes raw = {0};
	int r = content_bytes(digest, "digest", &raw);

	bytes = raw.data;
	if (r < 0 || raw.len != 32 || !algorithm || strcmp(algorithm, "SHA2_256") != 0 ||
	    content_bytes(message, "signature", &b->signature) < 0)
		return fail(why, -EBADMSG, "the bundle has no signature of a SHA-256");
	memcpy(b->message_digest, "sha256:", 7);
	for (size_t i = 0; i < 32; i++)
		snprintf(b->message_digest + 7 + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
	return 0;
}

int bundle_parse(const struct key_bytes *text, struct bundle *ret, struct reason *why)
{
	_bundle_ struct bundle b = {.json = parse(text)};
	const char *type = get_text(b.json, "mediaType");
	const json_t *envelope = json_object_get(b.json, "dsseEnvelope");
	const json_t *message = json_object_get(b.json, "messageSignature");
	int r;

	if (!type || strncmp(type, BUNDLE_TYPE, strlen(BUNDLE_TYPE)) != 0)
		return fail(why, -EBADMSG, "not a bundle of Sigstore");
	if (!envelope == !message)
		return fail(why, -EBADMSG, "the bundle has neither an envelope nor a signature");
	if (read_certificate(json_object_get(b.json, "verificationMaterial"), &b) < 0)
		return fail(why, -EBADMSG, "the bundle's certificate is not in base64");
	r = envelope ? read_envelope(envelope, &b, why) : read_message(message, &b, why);
	if (r < 0)
		return r;
	*ret = b;
	b = (struct bundle){0};
	return 0;
}
