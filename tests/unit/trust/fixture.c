/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the making of logs, timestamps and bundles; knows what right ones look like. */
#include "fixture.h"

#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"
#include "base/text.h"

#define COMPACT	  (JSON_COMPACT | JSON_SORT_KEYS)
#define TREE_SIZE 5
#define LEAF_AT	  2

/* What was signed, and how. */
struct signed_ {
	char payload[1024];
	struct text message;
	struct text signature;
	char *body;
};

/* --- the log of signatures --- */

static char *leaf_pem(const struct actors *a)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *ret;
	long len;

	PEM_write_bio_X509(bio, a->leaf);
	len = BIO_get_mem_data(bio, &data);
	ret = strndup(data, (size_t)len);
	BIO_free(bio);
	return ret;
}

static json_t *hex_of(const void *data, size_t len)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(data, len, digest);
	return json_string(digest + 7);
}

static json_t *hash_2(const void *data, size_t len)
{
	unsigned char sum[32];

	SHA256(data, len, sum);
	return json_pack("{s:s,s:o}", "algorithm", "SHA2_256", "digest", json_bytes(sum, 32));
}

static json_t *signature_2(const struct actors *a, const struct signed_ *s)
{
	return json_pack("{s:o,s:{s:{s:o}}}", "content",
			 json_bytes(s->signature.data, s->signature.len), "verifier",
			 "x509Certificate", "rawBytes", json_of_certificate(a->leaf));
}

/* @s: what the entry says was signed. */
static char *entry_body(const struct actors *a, const struct world_order *o,
			const struct signed_ *s)
{
	size_t n = strlen(s->payload);
	char *pem = leaf_pem(a), *text;
	json_t *json;

	if (o->layout == LAYOUT_SIMPLE)
		json = json_pack("{s:s,s:s,s:{s:{s:{s:s,s:o}},s:{s:o,s:{s:o}}}}", "apiVersion",
				 "0.0.1", "kind", "hashedrekord", "spec", "data", "hash",
				 "algorithm", "sha256", "value", hex_of(s->payload, n), "signature",
				 "content", json_bytes(s->signature.data, s->signature.len),
				 "publicKey", "content", json_bytes(pem, strlen(pem)));
	else if (o->version == 1)
		json = json_pack("{s:s,s:s,s:{s:{s:s,s:o},s:[{s:o,s:o}]}}", "apiVersion", "0.0.1",
				 "kind", "dsse", "spec", "payloadHash", "algorithm", "sha256",
				 "value", hex_of(s->payload, n), "signatures", "signature",
				 json_bytes(s->signature.data, s->signature.len), "verifier",
				 json_bytes(pem, strlen(pem)));
	else
		json = json_pack("{s:s,s:s,s:{s:{s:o,s:[o]}}}", "apiVersion", "0.0.2", "kind",
				 "dsse", "spec", "dsseV002", "payloadHash", hash_2(s->payload, n),
				 "signatures", signature_2(a, s));
	must(json != NULL);
	text = json_dumps(json, COMPACT);
	json_decref(json);
	free(pem);
	return text;
}

static char *promise(const struct actors *a, const struct world_order *o, const char *body)
{
	EVP_PKEY *key = o->lie == LIE_LOG ? a->stranger : a->log_key;
	char *b64 = base64_of(body, strlen(body)), *text, *ret;
	unsigned char id[32];
	char hex[65];
	struct text signature = {0};
	json_t *json;

	key_id(a->log_key, id);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	json = json_pack("{s:s,s:I,s:s,s:I}", "body", b64, "integratedTime",
			 (json_int_t)(o->lie == LIE_PROMISE ? NOW + 1 : NOW), "logID", hex,
			 "logIndex", (json_int_t)LEAF_AT);
	text = json_dumps(json, COMPACT);
	must(key_sign(key, &(struct key_bytes){text, strlen(text)}, &signature) == 0);
	ret = base64_of(signature.data, signature.len);
	text_done(&signature);
	json_decref(json);
	free(text);
	free(b64);
	return ret;
}

static void hash_pair(const unsigned char *a, const unsigned char *b, unsigned char *ret)
{
	unsigned char both[65] = {1};

	memcpy(both + 1, a, 32);
	memcpy(both + 33, b, 32);
	SHA256(both, sizeof(both), ret);
}

/* A tree of five leaves, ours the third: ((0 1)(2 3)) 4; the path is 3, 01, 4. */
static json_t *proof(const struct actors *a, const struct world_order *o, const char *body)
{
	unsigned char leaf[TREE_SIZE][32], n01[32], n23[32], n0123[32], top[32];
	EVP_PKEY *key = o->lie == LIE_CHECKPOINT || o->lie == LIE_LOG ? a->stranger : a->log_key;
	struct text w = {0}, note = {0}, signature = {0};
	char *root;
	json_t *json;

	memset(leaf, 7, sizeof(leaf));
	text_add_bytes(&w, "", 1);
	text_add_bytes(&w, body, strlen(body));
	SHA256((unsigned char *)w.data, w.len, leaf[LEAF_AT]);
	hash_pair(leaf[0], leaf[1], n01);
	hash_pair(leaf[2], leaf[3], n23);
	hash_pair(n01, n23, n0123);
	hash_pair(n0123, leaf[4], top);
	root = base64_of(top, 32);
	text_add(&note, "log.example.org\n%d\n%s\n", TREE_SIZE, root);
	must(key_sign(key, &(struct key_bytes){note.data, note.len}, &signature) == 0);
	text_done(&w);
	text_add(&w, "hint%.*s", 0, "");
	text_add_bytes(&w, signature.data, signature.len);
	text_add(&note, "\n\xe2\x80\x94 log.example.org ");
	add_padded(&note, w.data, w.len);
	text_add(&note, "\n");
	if (o->lie == LIE_PROOF)
		n01[0] ^= 1;
	json = json_pack("{s:s,s:s,s:o,s:[o,o,o],s:{s:s}}", "logIndex", "2", "treeSize", "5",
			 "rootHash", json_string(root), "hashes", json_bytes(leaf[3], 32),
			 json_bytes(n01, 32), json_bytes(leaf[4], 32), "checkpoint", "envelope",
			 note.data);
	text_done(&w);
	text_done(&note);
	text_done(&signature);
	free(root);
	return json;
}

static json_t *entry(const struct actors *a, const struct world_order *o, const char *body)
{
	unsigned char id[32];
	json_t *json;
	char *set;

	key_id(a->log_key, id);
	json = json_pack("{s:s,s:{s:o},s:o,s:o}", "logIndex", "2", "logId", "keyId",
			 json_bytes(id, 32), "canonicalizedBody", json_bytes(body, strlen(body)),
			 "inclusionProof", proof(a, o, body));
	if (o->clock == CLOCK_STAMP || o->lie == LIE_NO_TIME)
		return json;
	set = promise(a, o, body);
	json_object_set_new(json, "integratedTime", json_sprintf("%d", NOW));
	json_object_set_new(json, "inclusionPromise",
			    json_pack("{s:s}", "signedEntryTimestamp", set));
	free(set);
	return json;
}

/* --- timestamps --- */

static ASN1_INTEGER *serial(TS_RESP_CTX *ctx, void *data)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	(void)ctx;
	(void)data;
	ASN1_INTEGER_set(n, 1);
	return n;
}

static int now(TS_RESP_CTX *ctx, void *data, long *s, long *us)
{
	(void)ctx;
	(void)data;
	*s = NOW;
	*us = 0;
	return 1;
}

static BIO *timestamp_query(const struct text *signature, enum lie lie)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	TS_REQ *req = TS_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char sum[32];

	SHA256((unsigned char *)signature->data, signature->len - (lie == LIE_STAMP), sum);
	X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
	TS_MSG_IMPRINT_set_algo(imprint, algorithm);
	TS_MSG_IMPRINT_set_msg(imprint, sum, sizeof(sum));
	TS_REQ_set_version(req, 1);
	TS_REQ_set_msg_imprint(req, imprint);
	TS_REQ_set_cert_req(req, 1);
	must(i2d_TS_REQ_bio(bio, req) == 1);
	TS_MSG_IMPRINT_free(imprint);
	X509_ALGOR_free(algorithm);
	TS_REQ_free(req);
	return bio;
}

static json_t *stamp(const struct actors *a, const struct signed_ *s, enum lie lie)
{
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4", 1);
	BIO *query = timestamp_query(&s->signature, lie);
	X509 *by = a->tsa, *other = NULL;
	unsigned char *der = NULL;
	TS_RESP *response;
	json_t *json;
	int len;

	if (lie == LIE_STAMP_BY) {
		by = other = X509_dup(a->tsa);
		X509_set_pubkey(other, a->stranger);
		must(X509_sign(other, a->stranger, EVP_sha256()) > 0);
	}
	must(TS_RESP_CTX_set_signer_cert(ctx, by) == 1 &&
	     TS_RESP_CTX_set_signer_key(ctx, other ? a->stranger : a->tsa_key) == 1 &&
	     TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) == 1 &&
	     TS_RESP_CTX_set_def_policy(ctx, policy) == 1 &&
	     TS_RESP_CTX_add_md(ctx, EVP_sha256()) == 1);
	TS_RESP_CTX_set_serial_cb(ctx, serial, NULL);
	TS_RESP_CTX_set_time_cb(ctx, now, NULL);
	response = TS_RESP_create_response(ctx, query);
	len = i2d_TS_RESP(response, &der);
	must(len > 0);
	json = json_bytes(der, (size_t)len);
	OPENSSL_free(der);
	TS_RESP_free(response);
	TS_RESP_CTX_free(ctx);
	ASN1_OBJECT_free(policy);
	X509_free(other);
	BIO_free(query);
	return json;
}

/* --- the whole --- */

static void sign(const struct actors *a, const struct world_order *o, struct signed_ *s)
{
	const char *digest = o->lie == LIE_DIGEST ? "sha256:bbbb" : "sha256:aaaa";
	char hex[65];

	memset(hex, digest[7], 64);
	hex[64] = '\0';
	if (o->layout == LAYOUT_SIMPLE) {
		snprintf(s->payload, sizeof(s->payload),
			 "{\"critical\":{\"identity\":{\"docker-reference\":\"x\"},\"image\":{"
			 "\"docker-manifest-digest\":\"sha256:%s\"},\"type\":\"cosign container "
			 "image signature\"},\"optional\":null}",
			 hex);
		text_add(&s->message, "%s", s->payload);
	} else {
		snprintf(s->payload, sizeof(s->payload),
			 "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{"
			 "\"sha256\":\"%s\"}}],\"predicateType\":\"x\",\"predicate\":{}}",
			 hex);
		text_add(&s->message, "DSSEv1 28 application/vnd.in-toto+json %zu %s",
			 strlen(s->payload), s->payload);
	}
	must(key_sign(o->lie == LIE_KEY ? a->stranger : a->leaf_key,
		      &(struct key_bytes){s->message.data, s->message.len}, &s->signature) == 0);
}

static void set_bytes(struct trust_bytes *b, char *text)
{
	b->data = text;
	b->len = strlen(text);
}

static void make_bundle(const struct actors *a, const struct world_order *o,
			const struct signed_ *s, struct evidence_item *item)
{
	const char *body = s->body;
	json_t *material =
		json_pack("{s:{s:o}}", "certificate", "rawBytes", json_of_certificate(a->leaf));
	json_t *json;

	if (o->lie != LIE_NO_ENTRY)
		json_object_set_new(material, "tlogEntries", json_pack("[o]", entry(a, o, body)));
	if (o->clock != CLOCK_PROMISE && o->lie != LIE_NO_TIME)
		json_object_set_new(material, "timestampVerificationData",
				    json_pack("{s:[{s:o}]}", "rfc3161Timestamps", "signedTimestamp",
					      stamp(a, s, o->lie)));
	json = json_pack("{s:s,s:o,s:{s:o,s:s,s:[{s:o}]}}", "mediaType",
			 "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial",
			 material, "dsseEnvelope", "payload",
			 json_bytes(s->payload, strlen(s->payload)), "payloadType",
			 "application/vnd.in-toto+json", "signatures", "sig",
			 json_bytes(s->signature.data, s->signature.len));
	set_bytes(&item->payload, json_dumps(json, COMPACT));
	json_decref(json);
}

static void make_simple(const struct actors *a, const struct world_order *o,
			const struct signed_ *s, struct evidence_item *item)
{
	const char *body = s->body;
	char *set = promise(a, o, body);
	unsigned char id[32];
	char hex[65];
	json_t *json;

	key_id(a->log_key, id);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	set_bytes(&item->payload, strdup(s->payload));
	set_bytes(&item->signature, base64_of(s->signature.data, s->signature.len));
	set_bytes(&item->certificate, leaf_pem(a));
	json = json_pack("{s:s,s:{s:o,s:I,s:I,s:s}}", "SignedEntryTimestamp", set, "Payload",
			 "body", json_bytes(body, strlen(body)), "integratedTime", (json_int_t)NOW,
			 "logIndex", (json_int_t)LEAF_AT, "logID", hex);
	if (o->lie != LIE_NO_ENTRY)
		set_bytes(&item->set, json_dumps(json, COMPACT));
	json_decref(json);
	free(set);
	if (o->clock == CLOCK_PROMISE)
		return;
	json = json_pack("{s:o}", "SignedRFC3161Timestamp", stamp(a, s, o->lie));
	set_bytes(&item->stamp, json_dumps(json, COMPACT));
	json_decref(json);
}

static json_t *json_log(const EVP_PKEY *key)
{
	unsigned char *der;
	size_t len = key_der(key, &der);
	json_t *json = json_pack("{s:{s:o,s:{s:s}}}", "publicKey", "rawBytes", json_bytes(der, len),
				 "validFor", "start", "2020-01-01T00:00:00.000Z");

	OPENSSL_free(der);
	return json;
}

static json_t *json_authority(X509 *cert)
{
	return json_pack("{s:{s:[{s:o}]},s:{s:s}}", "certChain", "certificates", "rawBytes",
			 json_of_certificate(cert), "validFor", "start", "2020-01-01T00:00:00Z");
}

static void make_rule(const struct actors *a, struct trust_rule *rule)
{
	json_t *json =
		json_pack("{s:[o],s:[o],s:[o],s:[o]}", "certificateAuthorities",
			  json_authority(a->ca), "timestampAuthorities", json_authority(a->tsa),
			  "tlogs", json_log(a->log_key), "ctlogs", json_log(a->ct_key));

	set_bytes(&rule->root, json_dumps(json, COMPACT));
	json_decref(json);
	rule->name = strdup("keyless");
	rule->is_verify = true;
	rule->identities = calloc(1, sizeof(*rule->identities));
	rule->n_identities = 1;
	rule->identities[0].issuer = strdup(ISSUER);
	rule->identities[0].subject = strdup(SUBJECT);
}

void world_make(const struct world_order *order, struct world *ret)
{
	struct signed_ s = {0}, other = {0};
	struct actors a = {0};

	*ret = (struct world){0};
	make_actors(&a, order->lie);
	sign(&a, order, &s);
	sign(&a, order, &other);
	s.body = entry_body(&a, order, order->lie == LIE_BODY ? &other : &s);
	make_rule(&a, &ret->rule);
	if (order->layout == LAYOUT_SIMPLE)
		make_simple(&a, order, &s, evidence_add(&ret->evidence, EVIDENCE_SIMPLE));
	else
		make_bundle(&a, order, &s, evidence_add(&ret->evidence, EVIDENCE_BUNDLE));
	free(s.body);
	text_done(&s.message);
	text_done(&s.signature);
	text_done(&other.message);
	text_done(&other.signature);
	actors_done(&a);
}

void world_done(struct world *world)
{
	trust_rule_done(&world->rule);
	evidence_done(&world->evidence);
}
