/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of checks: digest, signature over the bytes as they came, then what the bytes say.
 */
#include "trust/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/reason.h"
#include "base/text.h"
#include "trust/content.h"
#include "trust/keyless/keyless.h"

/* Reasons why signatures were not good enough, and how many of them are told. */
#define TOLD_MAX 3

/* One verification. @keys: of the rule, parsed. */
struct verdict {
	const struct trust_subject *subject;
	const struct trust_rule *rule;
	struct evp_pkey_st **keys;
	struct trust_root *root;
	struct text by;
};

/* A signature without what holds it. @message: what was signed; @digest: or only its SHA-256. */
struct signature {
	struct key_bytes message;
	const char *digest;
	struct key_bytes bytes;
	struct keyless_proof proof;
};

static struct key_bytes lend(const struct trust_bytes *b)
{
	return (struct key_bytes){b->data, b->len};
}

static bool is_subject(const struct trust_subject *s, const char *digest)
{
	for (size_t i = 0; i < s->n_digests; i++)
		if (strcmp(s->digests[i], digest) == 0)
			return true;
	return false;
}

static int check_content(const struct trust_subject *s, const struct content *c, struct reason *why)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_subject(s, c->digests[i]))
			return 0;
	return fail(why, -EACCES, "a good signature, but for %.19s", c->digests[0]);
}

static bool is_signed_by(struct evp_pkey_st *key, const struct signature *s)
{
	unsigned char digest[32];

	if (!s->digest)
		return key_verify(key, &s->message, &s->bytes);
	for (size_t i = 0; i < sizeof(digest); i++)
		if (sscanf(s->digest + 7 + 2 * i, "%2hhx", &digest[i]) != 1)
			return false;
	return key_verify_digest(key, &(struct key_bytes){digest, sizeof(digest)}, &s->bytes);
}

static int check_signature(struct verdict *v, const struct signature *s, struct reason *why)
{
	for (size_t i = 0; i < v->rule->n_keys; i++)
		if (is_signed_by(v->keys[i], s)) {
			text_add(&v->by, "key %s", v->rule->keys[i].name);
			return 0;
		}
	if (v->rule->n_identities == 0)
		return fail(why, -EACCES, "signed by another key");
	if (s->proof.certificate.len == 0)
		return fail(why, -EACCES, "signed by a key, and not with a certificate");
	return keyless_verify(v->root, v->rule, &s->proof, &v->by, why);
}

static int check_simple(struct verdict *v, const struct evidence_item *item, struct reason *why)
{
	struct signature s = {.message = lend(&item->payload)};
	_free_ char *bytes = NULL;
	struct content content;
	size_t len;
	int r;

	if (base64_decode(item->signature.data ? item->signature.data : "", item->signature.len,
			  &bytes, &len) < 0 ||
	    len == 0)
		return fail(why, -EACCES, "a signature that is not base64");
	s.bytes = (struct key_bytes){bytes, len};
	s.proof = (struct keyless_proof){.certificate = lend(&item->certificate),
					 .set = lend(&item->set),
					 .stamp = lend(&item->stamp),
					 .message = s.message,
					 .signature = s.bytes,
					 .is_pem = true};
	r = check_signature(v, &s, why);
	if (r == 0)
		r = content_simple(&s.message, &content, why);
	return r < 0 ? r : check_content(v->subject, &content, why);
}

static int check_bundle(struct verdict *v, const struct evidence_item *item, struct reason *why)
{
	const struct key_bytes text = lend(&item->payload);
	const struct key_bytes *file = &v->subject->file;
	_bundle_ struct bundle b = {0};
	struct content content = {.n = 1};
	struct key_bytes payload;
	struct signature s;
	int r = bundle_parse(&text, &b, why);

	if (r < 0)
		return r;
	s = (struct signature){.message = b.is_envelope ? lend(&b.message) : *file,
			       .digest = b.is_envelope || file->data ? NULL : b.message_digest,
			       .bytes = lend(&b.signature)};
	s.proof = (struct keyless_proof){.certificate = lend(&b.certificate),
					 .bundle = &b,
					 .message = s.message,
					 .signature = s.bytes};
	r = check_signature(v, &s, why);
	payload = lend(&b.payload);
	if (r == 0 && b.is_envelope)
		r = content_statement(&payload, &content, why);
	else if (r == 0)
		memcpy(content.digests[0], b.message_digest, DIGEST_TEXT_SIZE);
	return r < 0 ? r : check_content(v->subject, &content, why);
}

/* Base64, as cosign sign-blob writes it, or the bytes, as openssl does. */
static int check_detached(struct verdict *v, const struct evidence_item *item, struct reason *why)
{
	struct signature s = {.message = v->subject->file, .bytes = lend(&item->signature)};
	_free_ char *text = NULL, *bytes = NULL;
	size_t len = item->signature.len;

	if (!s.message.data)
		return fail(why, -EACCES, "a signature of a file, and there is none");
	text = strndup(item->signature.data ? item->signature.data : "", len);
	if (!text)
		return fail(why, -ENOMEM, "out of memory");
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (base64_decode(text, len, &bytes, &len) == 0)
		s.bytes = (struct key_bytes){bytes, len};
	return check_signature(v, &s, why);
}

static int check_item(struct verdict *v, const struct evidence_item *item, struct reason *why)
{
	switch (item->kind) {
	case EVIDENCE_SIMPLE:
		return check_simple(v, item, why);
	case EVIDENCE_BUNDLE:
		return check_bundle(v, item, why);
	case EVIDENCE_DETACHED:
		return check_detached(v, item, why);
	case _EVIDENCE_KIND_MAX:
		break;
	}
	return fail(why, -EBADMSG, "a signature of no known kind");
}

static int refuse(const struct verdict *v, const struct evidence *e, const struct text *told,
		  struct reason *why)
{
	if (e->n == 0) {
		reason_hint(why, "sign it: bpfctl image sign --key KEY %s", v->subject->name);
		return fail(why, -EACCES, "it is not signed");
	}
	reason_hint(why, "bpfctl image verify %s shows what its signatures are", v->subject->name);
	return fail(why, -EACCES, "%zu signature%s, none is good enough: %s", e->n,
		    e->n == 1 ? "" : "s", told->data ? told->data : "");
}

static int try_items(struct verdict *v, const struct evidence *e, struct reason *why)
{
	_text_ struct text told = {0};

	for (size_t i = 0; i < e->n; i++) {
		_reason_ struct reason inner = {0};
		int r = check_item(v, &e->items[i], &inner);

		if (r == 0)
			return v->by.r < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
		text_done(&v->by);
		if (i < TOLD_MAX)
			text_add(&told, "%s%.160s", i > 0 ? "; " : "", inner.text);
		else if (i == TOLD_MAX)
			text_add(&told, "; and %zu more", e->n - i);
	}
	return refuse(v, e, &told, why);
}

static int read_keys(struct verdict *v, struct reason *why)
{
	int r = 0;

	v->keys = calloc(v->rule->n_keys + 1, sizeof(struct evp_pkey_st *));
	if (!v->keys)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < v->rule->n_keys && r == 0; i++) {
		const struct key_bytes pem = lend(&v->rule->keys[i].pem);

		r = key_read_public(&pem, &v->keys[i], why);
		if (r < 0)
			reason_prefix(why, "%s", v->rule->keys[i].name);
	}
	if (r == 0 && v->rule->n_identities > 0) {
		const struct key_bytes root = lend(&v->rule->root);

		r = trust_root_parse(&root, &v->root, why);
	}
	return r;
}

static void verdict_done(struct verdict *v)
{
	for (size_t i = 0; v->keys && i < v->rule->n_keys; i++)
		key_free(&v->keys[i]);
	free(v->keys);
	trust_root_free(v->root);
	text_done(&v->by);
}

static int check_pins(const struct trust_subject *s, const struct trust_rule *rule,
		      struct reason *why)
{
	for (size_t i = 0; i < rule->n_digests; i++)
		if (is_subject(s, rule->digests[i]))
			return 0;
	if (rule->n_digests == 0)
		return 0;
	reason_hint(why, "was it replaced? \"digests\" of the rule says what it must be");
	return fail(why, -EACCES, "it is %.19s, which is not one of the %zu digests of the rule",
		    s->digests[0], rule->n_digests);
}

int trust_verify(const struct trust_subject *subject, const struct trust_rule *rule,
		 const struct evidence *evidence, char **ret_by, struct reason *why)
{
	_cleanup_(verdict_done) struct verdict v = {.subject = subject, .rule = rule};
	int r = check_pins(subject, rule, why);

	if (r == 0 && rule->is_verify) {
		r = read_keys(&v, why);
		if (r == 0)
			r = try_items(&v, evidence, why);
	} else if (r == 0) {
		text_add(&v.by, "digest");
	}
	if (r < 0) {
		reason_prefix(why, "rule \"%s\" refuses %s", rule->name, subject->name);
		return r;
	}
	*ret_by = text_take(&v.by);
	return *ret_by ? 0 : fail(why, -ENOMEM, "out of memory");
}
