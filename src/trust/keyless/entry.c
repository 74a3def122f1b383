/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the JSON of entries. */
#include "trust/keyless/entry.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/reason.h"
#include "trust/keyless/certificate.h"
#include "trust/content.h"

/* What an entry says, whatever its form. Owned. */
struct claim {
	struct trust_bytes digest; /* 32 bytes, of message or payload */
	struct trust_bytes signature;
	X509 *certificate;
};

static void claim_done(struct claim *c)
{
	free(c->digest.data);
	free(c->signature.data);
	X509_free(c->certificate);
}

static int take_hex(const json_t *hash, struct trust_bytes *ret)
{
	const char *hex = json_string_value(json_object_get(hash, "value"));
	const char *algorithm = json_string_value(json_object_get(hash, "algorithm"));

	if (!hex || strlen(hex) != 64 || !algorithm || strcmp(algorithm, "sha256") != 0)
		return -EBADMSG;
	ret->data = calloc(1, 33);
	ret->len = 32;
	for (size_t i = 0; ret->data && i < 32; i++)
		if (sscanf(hex + 2 * i, "%2hhx", (unsigned char *)ret->data + i) != 1)
			return -EBADMSG;
	return ret->data ? 0 : -ENOMEM;
}

static int take_digest(const json_t *hash, struct trust_bytes *ret)
{
	const char *algorithm = json_string_value(json_object_get(hash, "algorithm"));

	return algorithm && strcmp(algorithm, "SHA2_256") == 0 ? content_bytes(hash, "digest", ret)
							       : -EBADMSG;
}

/* Base64 of a PEM certificate, or of DER. */
static int take_certificate(const json_t *object, const char *key, bool is_pem, struct claim *c)
{
	struct trust_bytes bytes = {0};
	int r = content_bytes(object, key, &bytes);

	if (r == 0)
		r = certificate_parse(&(struct key_bytes){bytes.data, bytes.len}, is_pem,
				      &c->certificate, NULL);
	free(bytes.data);
	return r;
}

static int read_record_1(const json_t *spec, struct claim *c)
{
	const json_t *signature = json_object_get(spec, "signature");

	return take_hex(json_object_get(json_object_get(spec, "data"), "hash"), &c->digest) < 0 ||
			       content_bytes(signature, "content", &c->signature) < 0 ||
			       take_certificate(json_object_get(signature, "publicKey"), "content",
						true, c) < 0
		       ? -EBADMSG
		       : 0;
}

static int read_dsse_1(const json_t *spec, struct claim *c)
{
	const json_t *signatures = json_object_get(spec, "signatures");
	const json_t *one = json_array_get(signatures, 0);

	return json_array_size(signatures) != 1 ||
			       take_hex(json_object_get(spec, "payloadHash"), &c->digest) < 0 ||
			       content_bytes(one, "signature", &c->signature) < 0 ||
			       take_certificate(one, "verifier", true, c) < 0
		       ? -EBADMSG
		       : 0;
}

static int read_signature_2(const json_t *signature, struct claim *c)
{
	const json_t *verifier = json_object_get(signature, "verifier");

	return content_bytes(signature, "content", &c->signature) < 0 ||
			       take_certificate(json_object_get(verifier, "x509Certificate"),
						"rawBytes", false, c) < 0
		       ? -EBADMSG
		       : 0;
}

static int read_record_2(const json_t *spec, struct claim *c)
{
	const json_t *record = json_object_get(spec, "hashedRekordV002");

	return take_digest(json_object_get(record, "data"), &c->digest) < 0
		       ? -EBADMSG
		       : read_signature_2(json_object_get(record, "signature"), c);
}

static int read_dsse_2(const json_t *spec, struct claim *c)
{
	const json_t *dsse = json_object_get(spec, "dsseV002");
	const json_t *signatures = json_object_get(dsse, "signatures");

	return json_array_size(signatures) != 1 ||
			       take_digest(json_object_get(dsse, "payloadHash"), &c->digest) < 0
		       ? -EBADMSG
		       : read_signature_2(json_array_get(signatures, 0), c);
}

static const struct {
	const char *kind;
	const char *version;
	bool is_envelope;
	int (*read)(const json_t *spec, struct claim *c);
} forms[] = {
	{"hashedrekord", "0.0.1", false, read_record_1},
	{"hashedrekord", "0.0.2", false, read_record_2},
	{"dsse", "0.0.1", true, read_dsse_1},
	{"dsse", "0.0.2", true, read_dsse_2},
};

static int read_claim(const json_t *json, bool is_envelope, struct claim *c)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *version = json_string_value(json_object_get(json, "apiVersion"));

	for (size_t i = 0; kind && version && i < array_size(forms); i++)
		if (strcmp(forms[i].kind, kind) == 0 && strcmp(forms[i].version, version) == 0)
			return forms[i].is_envelope == is_envelope
				       ? forms[i].read(json_object_get(json, "spec"), c)
				       : -EBADMSG;
	return -EOPNOTSUPP;
}

static bool is_same(const struct trust_bytes *a, const void *data, size_t len)
{
	return a->len == len && memcmp(a->data, data, len) == 0;
}

int entry_check(const struct key_bytes *body, const struct log_subject *subject, struct reason *why)
{
	const struct key_bytes *said = subject->is_envelope ? &subject->payload : &subject->message;
	json_t *json = json_loadb(body->data, body->len, JSON_REJECT_DUPLICATES, NULL);
	_cleanup_(claim_done) struct claim c = {.certificate = NULL};
	unsigned char sum[32];
	int r = read_claim(json, subject->is_envelope, &c);

	json_decref(json);
	if (r == -EOPNOTSUPP)
		return fail(why, -EACCES, "its entry of the log is of a kind that is not known");
	if (r < 0)
		return fail(why, -EACCES, "its entry of the log is malformed");
	SHA256(said->data, said->len, sum);
	if (!is_same(&c.digest, sum, sizeof(sum)) ||
	    !is_same(&c.signature, subject->signature.data, subject->signature.len) ||
	    X509_cmp(c.certificate, subject->leaf) != 0)
		return fail(why, -EACCES, "its entry of the log is about another signature");
	return 0;
}
