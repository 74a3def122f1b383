/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures, with OpenSSL: ECDSA on P-256, P-384 and P-521, Ed25519, RSA from 2048 bits
 * on (PKCS #1 v1.5); SHA-256, as cosign signs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct evp_pkey_st;
struct reason;
struct text;

/* Borrowed bytes. */
struct key_bytes {
	const void *data;
	size_t len;
};

void key_free(struct evp_pkey_st **key);
#define _key_ _cleanup_(key_free)

/* A public key, PEM. Return: 0, -EINVAL (not one, or of another kind), -ENOMEM. */
int key_read_public(const struct key_bytes *pem, struct evp_pkey_st **ret, struct reason *why);

/* A private key, PEM; @password: of an encrypted one, or NULL. Return: 0, -EINVAL, -EACCES (wants a
 * password, or another). */
int key_read_private(const struct key_bytes *pem, const char *password, struct evp_pkey_st **ret,
		     struct reason *why);

/* Is the key of a kind that is accepted? */
bool key_is_accepted(const struct evp_pkey_st *key);

/* "ECDSA P-256 key", and so on. */
void key_describe(const struct evp_pkey_st *key, char *ret, size_t size);

/* Has @key signed @message? Nothing but true is a yes. */
bool key_verify(struct evp_pkey_st *key, const struct key_bytes *message,
		const struct key_bytes *signature);

/* The same where only the SHA-256 of the message is there (32 bytes): never for Ed25519. */
bool key_verify_digest(struct evp_pkey_st *key, const struct key_bytes *digest,
		       const struct key_bytes *signature);

/* Append the signature. Return: 0, -EIO (OpenSSL), -ENOMEM. */
int key_sign(struct evp_pkey_st *key, const struct key_bytes *message, struct text *ret);

/* Append the public half, PEM. Return: 0, -EIO, -ENOMEM. */
int key_write_public(const struct evp_pkey_st *key, struct text *ret);
