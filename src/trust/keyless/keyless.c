/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of the steps (Sigstore's client specification, 4): log and timestamps first, for
 * they say when it was signed; then the certificate at that time, who it is for, and the signature.
 */
#include "trust/keyless/keyless.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/reason.h"
#include "trust/keyless/certificate.h"
#include "trust/content.h"
#include "trust/keyless/log.h"
#include "trust/keyless/root.h"
#include "trust/keyless/timestamp.h"

#define TIMES_MAX 16

/* @times: when it was signed, as trusted clocks say. */
struct course {
	const struct trust_root *root;
	const struct keyless_proof *proof;
	X509 *leaf;
	X509 *issuer;
	time_t times[TIMES_MAX];
	size_t n_times;
	size_t n_entries;
};

static void course_done(struct course *c)
{
	X509_free(c->leaf);
	X509_free(c->issuer);
}

static void add_time(struct course *c, time_t at)
{
	if (at > 0 && c->n_times < TIMES_MAX)
		c->times[c->n_times++] = at;
}

static struct log_subject subject_of(const struct course *c)
{
	const struct bundle *b = c->proof->bundle;
	struct log_subject s = {.leaf = c->leaf,
				.signature = c->proof->signature,
				.message = c->proof->message,
				.is_envelope = b && b->is_envelope};

	if (s.is_envelope)
		s.payload = (struct key_bytes){b->payload.data, b->payload.len};
	return s;
}

static int read_entries(struct course *c, const json_t *entries, struct reason *why)
{
	const struct log_subject subject = subject_of(c);
	int r = 0;

	for (size_t i = 0; i < json_array_size(entries) && i < TIMES_MAX && r == 0; i++) {
		time_t at = 0;

		r = log_verify_entry(c->root, json_array_get(entries, i), &subject, &at, why);
		if (r == 0)
			c->n_entries++;
		add_time(c, r == 0 ? at : 0);
	}
	return r;
}

/* @key: of the member that has it. */
static int read_timestamp(struct course *c, const json_t *object, const char *key,
			  struct reason *why)
{
	struct trust_bytes der = {0};
	time_t at = 0;
	int r;

	if (content_bytes(object, key, &der) < 0)
		return fail(why, -EACCES, "its timestamp is malformed");
	r = timestamp_verify(c->root, &(struct key_bytes){der.data, der.len}, &c->proof->signature,
			     &at, why);
	add_time(c, r == 0 ? at : 0);
	free(der.data);
	return r;
}

static int read_timestamps(struct course *c, const json_t *list, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(list) && i < TIMES_MAX && r == 0; i++)
		r = read_timestamp(c, json_array_get(list, i), "signedTimestamp", why);
	return r;
}

/* The older layout has one, in an annotation. */
static int read_stamp(struct course *c, struct reason *why)
{
	const struct key_bytes *text = &c->proof->stamp;
	json_t *json;
	int r;

	if (text->len == 0)
		return 0;
	json = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	r = read_timestamp(c, json, "SignedRFC3161Timestamp", why);
	json_decref(json);
	return r;
}

/* What is there must be good; there must be an entry of a log, and a time. */
static int read_proofs(struct course *c, struct reason *why)
{
	const struct keyless_proof *p = c->proof;
	const json_t *material =
		p->bundle ? json_object_get(p->bundle->json, "verificationMaterial") : NULL;
	const json_t *stamps = json_object_get(
		json_object_get(material, "timestampVerificationData"), "rfc3161Timestamps");
	int r;

	if (p->set.len > 0) {
		const struct log_subject subject = subject_of(c);
		time_t at = 0;

		r = log_verify_set(c->root, &p->set, &subject, &at, why);
		c->n_entries += r == 0;
		add_time(c, r == 0 ? at : 0);
	} else {
		r = read_entries(c, json_object_get(material, "tlogEntries"), why);
	}
	if (r == 0)
		r = read_timestamps(c, stamps, why);
	if (r == 0)
		r = read_stamp(c, why);
	if (r == 0 && c->n_entries == 0)
		r = fail(why, -EACCES, "signed with a certificate, but in no log");
	if (r == 0 && c->n_times == 0)
		r = fail(why, -EACCES, "nothing that is trusted says when it was signed");
	return r;
}

static int check_certificate(struct course *c, struct reason *why)
{
	struct root_chain chain = {
		.authorities = c->root->cas, .n_authorities = c->root->n_cas, .leaf = c->leaf};
	int r = 0;

	for (size_t i = 0; i < c->n_times && r == 0; i++) {
		X509_free(c->issuer);
		c->issuer = NULL;
		chain.at = c->times[i];
		r = root_verify(&chain, &c->issuer, why);
	}
	return r < 0 ? r : certificate_check(c->leaf, c->issuer, c->root, why);
}

int keyless_verify(const struct trust_root *root, const struct trust_rule *rule,
		   const struct keyless_proof *proof, struct text *by, struct reason *why)
{
	_cleanup_(course_done) struct course c = {.root = root, .proof = proof};
	EVP_PKEY *key;
	int r = certificate_parse(&proof->certificate, proof->is_pem, &c.leaf, why);

	/* Only the hash of the message is there: it cannot be that of an image in the log. */
	if (r == 0 && !proof->message.data)
		r = fail(why, -EACCES, "signed with a certificate, but not in an envelope");
	if (r == 0)
		r = read_proofs(&c, why);
	if (r == 0)
		r = check_certificate(&c, why);
	if (r < 0)
		return r;
	key = X509_get0_pubkey(c.leaf);
	if (!key || !key_is_accepted(key) || !key_verify(key, &proof->message, &proof->signature))
		return fail(why, -EACCES, "its certificate's key has not signed this");
	return certificate_identity(c.leaf, rule, by, why);
}
