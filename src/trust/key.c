/* SPDX-License-Identifier: Apache-2.0 */
/* Owns OpenSSL's keys. Every answer that is not a clear yes is a no. */
#include "trust/key.h"

#include <errno.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"

#define RSA_BITS_MIN 2048

static void bio_freep(BIO **bio)
{
	BIO_free(*bio);
}

static void md_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static void ctx_freep(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

void key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	*key = NULL;
}

static bool is_curve(const EVP_PKEY *key)
{
	static const char *const curves[] = {"prime256v1", "secp384r1", "secp521r1"};
	char name[64];

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	for (size_t i = 0; i < array_size(curves); i++)
		if (strcmp(curves[i], name) == 0)
			return true;
	return false;
}

bool key_is_accepted(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_ED25519:
		return true;
	case EVP_PKEY_EC:
		return is_curve(key);
	case EVP_PKEY_RSA:
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
	default:
		return false;
	}
}

void key_describe(const EVP_PKEY *key, char *ret, size_t size)
{
	int bits = EVP_PKEY_get_bits(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_ED25519:
		snprintf(ret, size, "Ed25519 key");
		break;
	case EVP_PKEY_EC:
		snprintf(ret, size, "ECDSA P-%d key", bits);
		break;
	default:
		snprintf(ret, size, "RSA key of %d bits", bits);
	}
}

static int accept(EVP_PKEY *key, EVP_PKEY **ret, struct reason *why)
{
	if (!key_is_accepted(key)) {
		EVP_PKEY_free(key);
		return fail(
			why, -EINVAL,
			"a key is ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of %d bits and "
			"more",
			RSA_BITS_MIN);
	}
	*ret = key;
	return 0;
}

int key_read_public(const struct key_bytes *pem, EVP_PKEY **ret, struct reason *why)
{
	_cleanup_(bio_freep) BIO *bio =
		pem->len > INT_MAX ? NULL : BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	if (!key)
		return fail(why, -EINVAL, "not a public key in PEM (-----BEGIN PUBLIC KEY-----)");
	return accept(key, ret, why);
}

/* OpenSSL would ask the terminal. */
static int give_password(char *buf, int size, int is_writing, void *userdata)
{
	const char *password = userdata;
	size_t len = password ? strlen(password) : 0;

	(void)is_writing;
	if (len == 0 || len > (size_t)size)
		return -1;
	memcpy(buf, password, len);
	return (int)len;
}

int key_read_private(const struct key_bytes *pem, const char *password, EVP_PKEY **ret,
		     struct reason *why)
{
	_cleanup_(bio_freep) BIO *bio =
		pem->len > INT_MAX ? NULL : BIO_new_mem_buf(pem->data, (int)pem->len);
	bool is_cosign = memmem(pem->data, pem->len, " SIGSTORE PRIVATE KEY", 21) ||
			 memmem(pem->data, pem->len, " COSIGN PRIVATE KEY", 19);
	EVP_PKEY *key;

	if (is_cosign) {
		reason_hint(why,
			    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 makes "
			    "one that both read: cosign import-key-pair --key takes it");
		return fail(why, -EINVAL, "keys in cosign's own encryption are not read");
	}
	key = bio ? PEM_read_bio_PrivateKey(bio, NULL, give_password, (void *)(uintptr_t)password)
		  : NULL;
	if (!key && memmem(pem->data, pem->len, "ENCRYPTED", 9))
		return fail(why, -EACCES,
			    password ? "the password of the key is another one"
				     : "the key is encrypted and wants its password");
	if (!key)
		return fail(why, -EINVAL, "not a private key in PEM");
	return accept(key, ret, why);
}

static const EVP_MD *digest_of(const EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

bool key_verify(EVP_PKEY *key, const struct key_bytes *message, const struct key_bytes *signature)
{
	_cleanup_(md_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, digest_of(key), NULL, key) != 1)
		return false;
	return EVP_DigestVerify(ctx, signature->data, signature->len, message->data,
				message->len) == 1;
}

bool key_verify_digest(EVP_PKEY *key, const struct key_bytes *digest,
		       const struct key_bytes *signature)
{
	_cleanup_(ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	if (!ctx || !digest_of(key) || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return false;
	return EVP_PKEY_verify(ctx, signature->data, signature->len, digest->data, digest->len) ==
	       1;
}

int key_sign(EVP_PKEY *key, const struct key_bytes *message, struct text *ret)
{
	_cleanup_(md_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t len = sizeof(signature);

	if (!ctx || EVP_DigestSignInit(ctx, NULL, digest_of(key), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, message->data, message->len) != 1)
		return -EIO;
	text_add_bytes(ret, signature, len);
	return ret->r;
}

int key_write_public(const EVP_PKEY *key, struct text *ret)
{
	_cleanup_(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1)
		return -EIO;
	len = BIO_get_mem_data(bio, &data);
	text_add_bytes(ret, data, (size_t)len);
	return ret->r;
}
