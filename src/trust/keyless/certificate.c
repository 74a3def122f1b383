/* SPDX-License-Identifier: Apache-2.0 */
/* Owns X.509 of signers: extensions of Fulcio, alternative names, embedded SCTs. */
#include "trust/keyless/certificate.h"

#include <errno.h>
#include <limits.h>
#include <openssl/ct.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <regex.h>
#include <string.h>

#include "base/buf.h"
#include "base/reason.h"
#include "base/text.h"
#include "trust/rule.h"

/* Fulcio's oid-info: the issuer as DER text, and its older form as bare text. */
#define ISSUER_OID     "1.3.6.1.4.1.57264.1.8"
#define ISSUER_OID_OLD "1.3.6.1.4.1.57264.1.1"
#define USER_OID       "1.3.6.1.4.1.57264.1.7"

#define SCT_PRECERT 1

int certificate_parse(const struct key_bytes *bytes, bool is_pem, X509 **ret, struct reason *why)
{
	const unsigned char *p = bytes->data;
	BIO *bio;

	*ret = NULL;
	if (bytes->len > INT_MAX)
		return fail(why, -EACCES, "a certificate that is too large");
	if (!is_pem) {
		*ret = d2i_X509(NULL, &p, (long)bytes->len);
	} else {
		bio = BIO_new_mem_buf(bytes->data, (int)bytes->len);
		*ret = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	}
	return *ret ? 0 : fail(why, -EACCES, "what stands for a certificate is none");
}

static void add_number(struct text *w, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i-- > 0;) {
		unsigned char b = (unsigned char)(v >> (8 * i));

		text_add_bytes(w, &b, 1);
	}
}

/* The certificate as it was before it had SCTs. */
static int add_precert(X509 *leaf, struct text *w)
{
	X509 *copy = X509_dup(leaf);
	unsigned char *der = NULL;
	int at, len;

	if (!copy)
		return -ENOMEM;
	at = X509_get_ext_by_NID(copy, NID_ct_precert_scts, -1);
	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(copy, at));
	len = i2d_re_X509_tbs(copy, &der);
	if (len > 0) {
		add_number(w, (uint64_t)len, 3);
		text_add_bytes(w, der, (size_t)len);
	}
	OPENSSL_free(der);
	X509_free(copy);
	return len > 0 ? w->r : -EINVAL;
}

static int add_issuer(X509 *issuer, struct text *w)
{
	unsigned char hash[32], *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);

	if (len > 0) {
		SHA256(der, (size_t)len, hash);
		text_add_bytes(w, hash, sizeof(hash));
	}
	OPENSSL_free(der);
	return len > 0 ? w->r : -EINVAL;
}

/* What a log signs (RFC 6962, 3.2). */
static int sct_message(const SCT *sct, X509 *leaf, X509 *issuer, struct text *w)
{
	unsigned char *extensions;
	size_t n = SCT_get0_extensions(sct, &extensions);
	int r;

	add_number(w, SCT_get_version(sct) == SCT_VERSION_V1 ? 0 : 255, 1);
	add_number(w, 0, 1);
	add_number(w, SCT_get_timestamp(sct), 8);
	add_number(w, SCT_PRECERT, 2);
	r = add_issuer(issuer, w);
	if (r == 0)
		r = add_precert(leaf, w);
	add_number(w, n, 2);
	text_add_bytes(w, extensions, n);
	return r < 0 ? r : w->r;
}

static bool is_vouched(const SCT *sct, X509 *leaf, X509 *issuer, const struct trust_root *root)
{
	time_t at = (time_t)(SCT_get_timestamp(sct) / 1000);
	_text_ struct text message = {0};
	unsigned char *id, *signature;
	size_t n_id = SCT_get0_log_id(sct, &id);
	size_t n = SCT_get0_signature(sct, &signature);

	if (n_id != 32 || sct_message(sct, leaf, issuer, &message) < 0)
		return false;
	for (size_t i = 0; i < root->n_ct_logs; i++) {
		const struct root_log *log = &root->ct_logs[i];

		if (memcmp(log->id, id, 32) == 0 && root_is_within(&log->window, at) &&
		    key_verify(log->key, &(struct key_bytes){message.data, message.len},
			       &(struct key_bytes){signature, n}))
			return true;
	}
	return false;
}

static int check_scts(X509 *leaf, X509 *issuer, const struct trust_root *root, struct reason *why)
{
	STACK_OF(SCT) *scts = X509_get_ext_d2i(leaf, NID_ct_precert_scts, NULL, NULL);
	bool is_good = false;

	for (int i = 0; i < sk_SCT_num(scts) && !is_good; i++)
		is_good = is_vouched(sk_SCT_value(scts, i), leaf, issuer, root);
	SCT_LIST_free(scts);
	return is_good ? 0
		       : fail(why, -EACCES,
			      "no trusted log of certificates has seen its certificate");
}

int certificate_check(X509 *leaf, X509 *issuer, const struct trust_root *root, struct reason *why)
{
	if (!(X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) ||
	    !(X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN))
		return fail(why, -EACCES, "its certificate is not for signing code");
	return check_scts(leaf, issuer, root, why);
}

static int set_clean(char **ret, const unsigned char *data, int len)
{
	char *s = len > 0 && len < 4096 ? strndup((const char *)data, (size_t)len) : NULL;

	if (!s || strlen(s) != (size_t)len || !text_is_clean(s, 4095)) {
		free(s);
		return -EBADMSG;
	}
	*ret = s;
	return 0;
}

static ASN1_OCTET_STRING *find_extension(X509 *leaf, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(leaf, object, -1) : -1;

	ASN1_OBJECT_free(object);
	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(leaf, at));
}

static int get_issuer(X509 *leaf, char **ret)
{
	ASN1_OCTET_STRING *bytes = find_extension(leaf, ISSUER_OID);
	const unsigned char *p;
	ASN1_UTF8STRING *text;
	int r;

	if (!bytes) {
		bytes = find_extension(leaf, ISSUER_OID_OLD);
		return bytes ? set_clean(ret, ASN1_STRING_get0_data(bytes),
					 ASN1_STRING_length(bytes))
			     : -ENOENT;
	}
	p = ASN1_STRING_get0_data(bytes);
	text = d2i_ASN1_UTF8STRING(NULL, &p, ASN1_STRING_length(bytes));
	if (!text)
		return -EBADMSG;
	r = set_clean(ret, ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
	ASN1_UTF8STRING_free(text);
	return r;
}

static const ASN1_STRING *name_text(const GENERAL_NAME *name)
{
	char oid[64];

	if (name->type == GEN_EMAIL)
		return name->d.rfc822Name;
	if (name->type == GEN_URI)
		return name->d.uniformResourceIdentifier;
	if (name->type != GEN_OTHERNAME ||
	    OBJ_obj2txt(oid, sizeof(oid), name->d.otherName->type_id, 1) <= 0 ||
	    strcmp(oid, USER_OID) != 0 || name->d.otherName->value->type != V_ASN1_UTF8STRING)
		return NULL;
	return name->d.otherName->value->value.utf8string;
}

/* Fulcio gives one name. */
static int get_subject(X509 *leaf, char **ret)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	const ASN1_STRING *text =
		sk_GENERAL_NAME_num(names) == 1 ? name_text(sk_GENERAL_NAME_value(names, 0)) : NULL;
	int r = text ? set_clean(ret, ASN1_STRING_get0_data(text), ASN1_STRING_length(text))
		     : -ENOENT;

	GENERAL_NAMES_free(names);
	return r;
}

/* The pattern stands for all of the name. */
static bool matches(const char *pattern, const char *subject)
{
	_text_ struct text whole = {0};
	regex_t re;
	bool is_match;

	text_add(&whole, "^(%s)$", pattern);
	if (whole.r < 0 || regcomp(&re, whole.data, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	is_match = regexec(&re, subject, 0, NULL, 0) == 0;
	regfree(&re);
	return is_match;
}

static bool is_identity(const struct trust_identity *i, const char *issuer, const char *subject)
{
	if (strcmp(i->issuer, issuer) != 0)
		return false;
	return i->subject ? strcmp(i->subject, subject) == 0
			  : i->pattern && matches(i->pattern, subject);
}

int certificate_identity(X509 *leaf, const struct trust_rule *rule, struct text *by,
			 struct reason *why)
{
	_free_ char *issuer = NULL, *subject = NULL;

	if (get_issuer(leaf, &issuer) < 0 || get_subject(leaf, &subject) < 0)
		return fail(why, -EACCES, "its certificate says not who signed");
	for (size_t i = 0; i < rule->n_identities; i++)
		if (is_identity(&rule->identities[i], issuer, subject)) {
			text_add(by, "identity %s (%s)", subject, issuer);
			return 0;
		}
	return fail(why, -EACCES, "signed by %.100s (%.80s), who is none of the rule's identities",
		    subject, issuer);
}
