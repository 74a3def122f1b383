/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading certificates: their times, their trust, bundles of CAs. */
#include "operator/webhook/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/reason.h"
#include "base/text.h"
#include "operator/webhook/openssl.h"

static void store_freep(X509_STORE **store)
{
	X509_STORE_free(*store);
}

static void store_ctx_freep(X509_STORE_CTX **ctx)
{
	X509_STORE_CTX_free(*ctx);
}

void certificate_pair_done(struct certificate_pair *pair)
{
	free(pair->certificate);
	if (pair->key)
		OPENSSL_cleanse(pair->key, strlen(pair->key));
	free(pair->key);
	memset(pair, 0, sizeof(*pair));
}

static BIO *open_pem(const char *pem)
{
	size_t n = pem ? strnlen(pem, CERTIFICATE_PEM_MAX + 1) : 0;

	return n > 0 && n <= CERTIFICATE_PEM_MAX ? BIO_new_mem_buf(pem, (int)n) : NULL;
}

/* OpenSSL's own would ask on the terminal. */
static int no_password(char *buf, int size, int is_writing, void *userdata)
{
	(void)buf;
	(void)size;
	(void)is_writing;
	(void)userdata;
	return -1;
}

X509 *certificate_read_x509(const char *pem)
{
	_bio_ BIO *bio = open_pem(pem);
	X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;

	ERR_clear_error();
	return x509;
}

EVP_PKEY *certificate_read_key(const char *pem)
{
	_bio_ BIO *bio = open_pem(pem);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;

	ERR_clear_error();
	return key;
}

static int read_time(const ASN1_TIME *time, int64_t *ret)
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return -EINVAL;
	*ret = (int64_t)timegm(&tm);
	return 0;
}

static int read_times(const X509 *x509, struct certificate_times *ret)
{
	struct certificate_times times;

	if (read_time(X509_get0_notBefore(x509), &times.from) < 0 ||
	    read_time(X509_get0_notAfter(x509), &times.until) < 0)
		return -EINVAL;
	*ret = times;
	return 0;
}

int certificate_read_times(const char *pem, struct certificate_times *ret, struct reason *why)
{
	_x509_ X509 *x509 = NULL;

	if (pem && strnlen(pem, CERTIFICATE_PEM_MAX + 1) > CERTIFICATE_PEM_MAX)
		return fail(why, -EFBIG, "the certificate is above %d bytes", CERTIFICATE_PEM_MAX);
	x509 = certificate_read_x509(pem);
	if (!x509 || read_times(x509, ret) < 0)
		return fail(why, -EINVAL, "not a certificate in PEM form");
	return 0;
}

bool certificate_is_due(const struct certificate_times *times, int64_t now)
{
	if (now < times->from || now >= times->until)
		return true;
	return times->until - now <= (times->until - times->from) / 3;
}

/* Every certificate of a PEM text. Return: how many. */
static int add_trusted(X509_STORE *store, const char *bundle)
{
	_bio_ BIO *bio = open_pem(bundle);
	int n = 0;

	for (; bio && n < 2 * CERTIFICATE_BUNDLE_MAX; n++) {
		_x509_ X509 *x509 = PEM_read_bio_X509(bio, NULL, no_password, NULL);

		if (!x509 || !X509_STORE_add_cert(store, x509))
			break;
	}
	ERR_clear_error();
	return n;
}

static int set_question(X509_STORE_CTX *ctx, const struct certificate_question *question)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned char address[16];
	bool is_address = inet_pton(AF_INET, question->name, address) == 1 ||
			  inet_pton(AF_INET6, question->name, address) == 1;

	X509_VERIFY_PARAM_set_time(param, (time_t)question->now);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	if (is_address)
		return X509_VERIFY_PARAM_set1_ip_asc(param, question->name) ? 0 : -ENOMEM;
	return X509_VERIFY_PARAM_set1_host(param, question->name, 0) ? 0 : -ENOMEM;
}

int certificate_check(const struct certificate_pair *pair,
		      const struct certificate_question *question, struct reason *why)
{
	_x509_ X509 *x509 = certificate_read_x509(pair->certificate);
	_pkey_ EVP_PKEY *key = certificate_read_key(pair->key);
	_cleanup_(store_freep) X509_STORE *store = X509_STORE_new();
	_cleanup_(store_ctx_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (!x509 || !key)
		return fail(why, -EINVAL, "not a certificate and a key in PEM form");
	if (X509_check_private_key(x509, key) != 1)
		return fail(why, -EINVAL, "the key belongs to another certificate");
	if (!store || !ctx)
		return fail(why, -ENOMEM, "no memory to verify a certificate");
	if (add_trusted(store, question->bundle) == 0)
		return fail(why, -EKEYREJECTED, "no CA to verify the certificate with");
	if (!X509_STORE_CTX_init(ctx, store, x509, NULL) || set_question(ctx, question) < 0)
		return fail(why, -ENOMEM, "no memory to verify a certificate");
	if (X509_verify_cert(ctx) == 1)
		return 0;
	return fail(why, -EKEYREJECTED, "the certificate is not valid for %.64s: %s",
		    question->name, X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
}

/* One CA for a bundle, unless it is there. */
static int add_to_bundle(BIO *bundle, X509 *x509, X509 **there, int *n)
{
	for (int i = 0; i < *n; i++)
		if (X509_cmp(there[i], x509) == 0)
			return 0;
	if (!PEM_write_bio_X509(bundle, x509) || !X509_up_ref(x509))
		return -ENOMEM;
	there[(*n)++] = x509;
	return 0;
}

static int add_old(BIO *bundle, const char *old, int64_t now, X509 **there)
{
	_bio_ BIO *bio = open_pem(old);
	int n = 1, r = 0;

	while (bio && r == 0 && n < CERTIFICATE_BUNDLE_MAX) {
		_x509_ X509 *x509 = PEM_read_bio_X509(bio, NULL, no_password, NULL);
		struct certificate_times times;

		if (!x509)
			break;
		if (read_times(x509, &times) == 0 && now < times.until)
			r = add_to_bundle(bundle, x509, there, &n);
	}
	ERR_clear_error();
	for (int i = 1; i < n; i++)
		X509_free(there[i]);
	return r;
}

int certificate_bundle(const char *ca, const char *old, int64_t now, char **ret)
{
	_x509_ X509 *first = certificate_read_x509(ca);
	_bio_ BIO *bundle = BIO_new(BIO_s_mem());
	X509 *there[CERTIFICATE_BUNDLE_MAX] = {first};
	char *data = NULL;
	long n;
	int r;

	if (!first)
		return -EINVAL;
	if (!bundle || !PEM_write_bio_X509(bundle, first))
		return -ENOMEM;
	r = add_old(bundle, old, now, there);
	n = BIO_get_mem_data(bundle, &data);
	if (r < 0 || n <= 0)
		return -ENOMEM;
	data = strndup(data, (size_t)n);
	if (!data)
		return -ENOMEM;
	*ret = data;
	return 0;
}
