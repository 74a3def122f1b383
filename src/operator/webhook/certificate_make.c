/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is in a certificate that we make. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "operator/webhook/certificate.h"
#include "operator/webhook/openssl.h"

#define SKEW_S (5 * 60)

/* A hundred years: above that a date is a mistake. */
#define LIFETIME_MAX_S (INT64_C(100) * 365 * 86400)

#define SERIAL_BYTES 16

/* What is made: @subject its key, @issuer whose key signs (for a CA the same). */
struct making {
	X509 *x509;
	EVP_PKEY *subject;
	X509 *issuer;
	EVP_PKEY *signer;
};

static int fail_openssl(struct reason *why, const char *what)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	return fail(why, -EIO, "cannot make a certificate: %s: %s", what,
		    text ? text : "OpenSSL does not say why");
}

static int add_extension(const struct making *m, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;
	int r;

	X509V3_set_ctx(&ctx, m->issuer, m->x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!extension)
		return -EIO;
	r = X509_add_ext(m->x509, extension, -1) ? 0 : -EIO;
	X509_EXTENSION_free(extension);
	return r;
}

/* The first bit of a serial is its sign: positive, and never 0. */
static int set_serial(X509 *x509)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number;
	int r;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -EIO;
	bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	r = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) ? 0 : -EIO;
	BN_free(number);
	return r;
}

static int set_name(X509 *x509, const char *name)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
					  (const unsigned char *)name, -1, -1, 0)
		       ? 0
		       : -EIO;
}

static int set_times(X509 *x509, const struct certificate_order *order)
{
	return ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(order->now - SKEW_S)) &&
			       ASN1_TIME_set(X509_getm_notAfter(x509),
					     (time_t)(order->now + order->lifetime_s))
		       ? 0
		       : -EIO;
}

static int begin(struct making *m, const struct certificate_order *order, const char *name)
{
	m->x509 = X509_new();
	m->subject = EVP_EC_gen("P-256");
	if (!m->x509 || !m->subject || !X509_set_version(m->x509, X509_VERSION_3) ||
	    !X509_set_pubkey(m->x509, m->subject))
		return -EIO;
	if (set_serial(m->x509) < 0 || set_name(m->x509, name) < 0)
		return -EIO;
	return set_times(m->x509, order);
}

static char *take_bio(BIO *bio)
{
	char *data = NULL;
	long n = BIO_get_mem_data(bio, &data);

	return n > 0 ? strndup(data, (size_t)n) : NULL;
}

static int write_pair(const struct making *m, struct certificate_pair *ret)
{
	_certificate_pair_ struct certificate_pair pair = {.key = NULL};
	_bio_ BIO *certificate = BIO_new(BIO_s_mem());
	_bio_ BIO *key = BIO_new(BIO_s_secmem());

	if (!certificate || !key || !PEM_write_bio_X509(certificate, m->x509) ||
	    !PEM_write_bio_PKCS8PrivateKey(key, m->subject, NULL, NULL, 0, NULL, NULL))
		return -EIO;
	pair.certificate = take_bio(certificate);
	pair.key = take_bio(key);
	if (!pair.certificate || !pair.key)
		return -ENOMEM;
	*ret = pair;
	memset(&pair, 0, sizeof(pair));
	return 0;
}

static int finish(struct making *m, struct certificate_pair *ret)
{
	if (!X509_sign(m->x509, m->signer, EVP_sha256()))
		return -EIO;
	return write_pair(m, ret);
}

static int check_order(const struct certificate_order *order, struct reason *why)
{
	if (order->lifetime_s > 0 && order->lifetime_s <= LIFETIME_MAX_S && order->now > SKEW_S)
		return 0;
	return fail(why, -EINVAL, "a certificate cannot be valid for %lld seconds",
		    (long long)order->lifetime_s);
}

int certificate_make_ca(const struct certificate_order *order, struct certificate_pair *ret,
			struct reason *why)
{
	_x509_ X509 *x509 = NULL;
	_pkey_ EVP_PKEY *key = NULL;
	struct making m = {.x509 = NULL};
	char name[64];
	int r = check_order(order, why);

	if (r < 0)
		return r;
	/* Another name for each, so that clients that know two do not try the wrong one. */
	snprintf(name, sizeof(name), "bpfd-webhook CA %lld", (long long)order->now);
	r = begin(&m, order, name);
	x509 = m.issuer = m.x509;
	key = m.signer = m.subject;
	if (r < 0 || !X509_set_issuer_name(x509, X509_get_subject_name(x509)) ||
	    add_extension(&m, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") < 0 ||
	    add_extension(&m, NID_key_usage, "critical,keyCertSign,cRLSign") < 0 ||
	    add_extension(&m, NID_subject_key_identifier, "hash") < 0 || finish(&m, ret) < 0)
		return fail_openssl(why, "the CA");
	return 0;
}

static bool is_dns_name(const char *s)
{
	static const char chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t n = strlen(s);

	return n > 0 && n <= 253 && strspn(s, chars) == n && s[0] != '.' && s[0] != '-';
}

static int add_name(struct text *t, const char *name, struct reason *why)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		text_add(t, "%sIP:%s", t->len ? "," : "", name);
	else if (is_dns_name(name))
		text_add(t, "%sDNS:%s", t->len ? "," : "", name);
	else
		return fail(why, -EINVAL, "\"%.64s\" is neither a DNS name nor an address", name);
	return t->r;
}

static int list_names(const char *const *names, struct text *t, struct reason *why)
{
	size_t n = 0;
	int r = 0;

	for (; names && names[n] && n < CERTIFICATE_NAMES_MAX && r == 0; n++)
		r = add_name(t, names[n], why);
	if (r < 0)
		return r;
	if (n == 0 || names[n])
		return fail(why, -EINVAL, "a serving certificate wants 1 to %d names",
			    CERTIFICATE_NAMES_MAX);
	return 0;
}

int certificate_make(const struct certificate_pair *ca, const struct certificate_order *order,
		     struct certificate_pair *ret, struct reason *why)
{
	_x509_ X509 *x509 = NULL, *issuer = certificate_read_x509(ca->certificate);
	_pkey_ EVP_PKEY *key = NULL, *signer = certificate_read_key(ca->key);
	_text_ struct text names = {.data = NULL};
	struct making m = {.issuer = issuer, .signer = signer};
	int r = check_order(order, why);

	if (r == 0)
		r = list_names(order->names, &names, why);
	if (r < 0)
		return r;
	if (!issuer || !signer || X509_check_private_key(issuer, signer) != 1)
		return fail(why, -EINVAL, "the CA's certificate and key do not belong together");
	r = begin(&m, order, "bpfd-webhook");
	x509 = m.x509;
	key = m.subject;
	if (r < 0 || !X509_set_issuer_name(x509, X509_get_subject_name(issuer)) ||
	    add_extension(&m, NID_basic_constraints, "critical,CA:FALSE") < 0 ||
	    add_extension(&m, NID_key_usage, "critical,digitalSignature") < 0 ||
	    add_extension(&m, NID_ext_key_usage, "serverAuth") < 0 ||
	    add_extension(&m, NID_subject_alt_name, names.data) < 0 ||
	    add_extension(&m, NID_subject_key_identifier, "hash") < 0 ||
	    add_extension(&m, NID_authority_key_identifier, "keyid:always") < 0 ||
	    finish(&m, ret) < 0)
		return fail_openssl(why, "the serving certificate");
	return 0;
}
