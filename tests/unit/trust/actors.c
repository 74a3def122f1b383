/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the making of certificates; knows what right ones look like. */
#include "actors.h"

#include <openssl/ct.h>
#include <openssl/ec.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"

#define MINUTES 600

void must(bool is_good)
{
	if (!is_good)
		abort();
}

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	must(key != NULL);
	return key;
}

void add_padded(struct text *w, const void *data, size_t len)
{
	base64_encode(w, data, len);
	text_add(w, "%s", len % 3 == 1 ? "==" : len % 3 == 2 ? "=" : "");
}

char *base64_of(const void *data, size_t len)
{
	struct text w = {0};

	add_padded(&w, data, len);
	return text_take(&w);
}

/* A JSON string of base64; new reference. */
json_t *json_bytes(const void *data, size_t len)
{
	char *s = base64_of(data, len);
	json_t *json = json_string(s);

	free(s);
	return json;
}

json_t *json_of_certificate(X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	json_t *json = json_bytes(der, (size_t)len);

	OPENSSL_free(der);
	return json;
}

size_t key_der(const EVP_PKEY *key, unsigned char **ret)
{
	*ret = NULL;
	return (size_t)i2d_PUBKEY(key, ret);
}

void key_id(const EVP_PKEY *key, unsigned char ret[static 32])
{
	unsigned char *der;
	size_t len = key_der(key, &der);

	SHA256(der, len, ret);
	OPENSSL_free(der);
}

/* --- certificates --- */

static void add_ext(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(ext && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static X509 *new_certificate(EVP_PKEY *key, const char *name, time_t from, time_t to)
{
	X509 *cert = X509_new();
	X509_NAME *n = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), (long)from % 1000 + 1);
	ASN1_TIME_set(X509_getm_notBefore(cert), from);
	ASN1_TIME_set(X509_getm_notAfter(cert), to);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	return cert;
}

static X509 *new_root(EVP_PKEY *key, const char *name)
{
	X509 *cert = new_certificate(key, name, NOW - 86400, NOW + 86400);

	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	add_ext(cert, NID_basic_constraints, "critical,CA:TRUE");
	must(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static void add_issuer(X509 *cert, const char *issuer)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.57264.1.8", 1);
	ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();
	ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
	unsigned char *der = NULL;
	X509_EXTENSION *ext;
	int len;

	ASN1_STRING_set(text, issuer, -1);
	len = i2d_ASN1_UTF8STRING(text, &der);
	ASN1_OCTET_STRING_set(bytes, der, len);
	ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, bytes);
	must(X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(bytes);
	ASN1_UTF8STRING_free(text);
	ASN1_OBJECT_free(oid);
	OPENSSL_free(der);
}

static void add_big_endian(struct text *w, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0;) {
		unsigned char b = (unsigned char)(v >> (8 * i));

		text_add_bytes(w, &b, 1);
	}
}

/* RFC 6962, 3.2, of a certificate without SCTs. */
static void sct_message(X509 *cert, const struct actors *a, uint64_t at, struct text *w)
{
	unsigned char hash[32], *der = NULL;
	int len = i2d_re_X509_tbs(cert, &der);

	key_id(a->ca_key, hash);
	add_big_endian(w, 0, 2);
	add_big_endian(w, at, 8);
	add_big_endian(w, 1, 2);
	text_add_bytes(w, hash, sizeof(hash));
	add_big_endian(w, (uint64_t)len, 3);
	text_add_bytes(w, der, (size_t)len);
	add_big_endian(w, 0, 2);
	OPENSSL_free(der);
}

static void add_sct(X509 *cert, const struct actors *a, EVP_PKEY *signer)
{
	STACK_OF(SCT) *list = sk_SCT_new_null();
	struct text message = {0}, signature = {0};
	unsigned char id[32];
	SCT *sct = SCT_new();

	sct_message(cert, a, NOW * 1000ull, &message);
	must(key_sign(signer, &(struct key_bytes){message.data, message.len}, &signature) == 0);
	key_id(a->ct_key, id);
	must(SCT_set_version(sct, SCT_VERSION_V1) == 1 && SCT_set1_log_id(sct, id, 32) == 1 &&
	     SCT_set_log_entry_type(sct, CT_LOG_ENTRY_TYPE_PRECERT) == 1 &&
	     SCT_set_signature_nid(sct, NID_ecdsa_with_SHA256) == 1 &&
	     SCT_set1_signature(sct, (unsigned char *)signature.data, signature.len) == 1);
	SCT_set_timestamp(sct, NOW * 1000ull);
	sk_SCT_push(list, sct);
	must(X509_add1_ext_i2d(cert, NID_ct_precert_scts, list, 0, 0) == 1);
	SCT_LIST_free(list);
	text_done(&message);
	text_done(&signature);
}

static X509 *new_leaf(const struct actors *a, enum lie lie)
{
	time_t from = lie == LIE_EXPIRED ? NOW - 7200 : NOW - 60;
	X509 *cert = new_certificate(a->leaf_key, "leaf", from, from + MINUTES);
	EVP_PKEY *ca = lie == LIE_CA ? a->stranger : a->ca_key;

	X509_set_issuer_name(cert, X509_get_subject_name(a->ca));
	add_ext(cert, NID_ext_key_usage, lie == LIE_PURPOSE ? "serverAuth" : "codeSigning");
	add_ext(cert, NID_subject_alt_name,
		lie == LIE_SUBJECT ? "critical,email:mallory@example.org"
				   : "critical,email:" SUBJECT);
	add_issuer(cert, lie == LIE_ISSUER ? "https://mallory.example.org" : ISSUER);
	must(X509_sign(cert, ca, EVP_sha256()) > 0);
	if (lie != LIE_NO_SCT) {
		add_sct(cert, a, lie == LIE_SCT ? a->stranger : a->ct_key);
		must(X509_sign(cert, ca, EVP_sha256()) > 0);
	}
	return cert;
}

void make_actors(struct actors *a, enum lie lie)
{
	EVP_PKEY **keys[] = {&a->ca_key,  &a->leaf_key, &a->ct_key,
			     &a->log_key, &a->tsa_key,	&a->stranger};

	for (size_t i = 0; i < array_size(keys); i++)
		*keys[i] = new_key();
	a->ca = new_root(a->ca_key, "ca");
	a->leaf = new_leaf(a, lie);
	a->tsa = new_certificate(a->tsa_key, "tsa", NOW - 86400, NOW + 86400);
	X509_set_issuer_name(a->tsa, X509_get_subject_name(a->tsa));
	add_ext(a->tsa, NID_ext_key_usage, "critical,timeStamping");
	must(X509_sign(a->tsa, a->tsa_key, EVP_sha256()) > 0);
}

void actors_done(struct actors *a)
{
	EVP_PKEY *keys[] = {a->ca_key, a->leaf_key, a->ct_key, a->log_key, a->tsa_key, a->stranger};

	for (size_t i = 0; i < array_size(keys); i++)
		EVP_PKEY_free(keys[i]);
	X509_free(a->ca);
	X509_free(a->leaf);
	X509_free(a->tsa);
}
