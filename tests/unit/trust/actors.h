/* SPDX-License-Identifier: Apache-2.0 */
/* Who acts in the world: keys and certificates, with one lie if wanted; and how their bytes are
 * written into JSON. */
#pragma once

#include <jansson.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "fixture.h"

struct text;

#define SUBJECT "builder@example.org"
#define ISSUER	"https://accounts.example.org"
#define NOW	1790000000

/* Keys and certificates of the world. */
struct actors {
	EVP_PKEY *ca_key, *leaf_key, *ct_key, *log_key, *tsa_key, *stranger;
	X509 *ca, *leaf, *tsa;
};

void make_actors(struct actors *a, enum lie lie);
void actors_done(struct actors *a);

/* Ends the test program when something that cannot fail does. */
void must(bool is_good);

/* Standard base64. */
void add_padded(struct text *w, const void *data, size_t len);
char *base64_of(const void *data, size_t len);

/* JSON strings; new references. */
json_t *json_bytes(const void *data, size_t len);
json_t *json_of_certificate(X509 *cert);

/* The public half, DER (OPENSSL_free()), and its SHA-256. */
size_t key_der(const EVP_PKEY *key, unsigned char **ret);
void key_id(const EVP_PKEY *key, unsigned char ret[static 32]);
