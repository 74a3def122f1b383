/* SPDX-License-Identifier: Apache-2.0 */
/* What must have been signed by whom, whole: with the bytes of the keys and of the trust root, so
 * that who verifies opens no file. Knows neither policy files nor cryptography. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/digest.h"

struct text;

#define TRUST_NAMES_MAX 1024
#define TRUST_FILE_MAX	(4u << 20)

/* Owned bytes with a NUL behind them. */
struct trust_bytes {
	char *data;
	size_t len;
};

/* A public key, PEM; @name: its file's, for words. */
struct trust_key {
	char *name;
	struct trust_bytes pem;
};

/* What a certificate must say (struct policy_identity). */
struct trust_identity {
	char *issuer;
	char *subject;
	char *pattern;
};

/**
 * struct trust_rule - a rule that asks for something. Everything owned.
 * @is_verify: any of @keys or @identities must have signed; else @digests alone count.
 * @digests:   "sha256:…"; not empty: it must be one of these.
 * @root:      trusted_root.json.
 */
struct trust_rule {
	char *name;
	bool is_verify;
	struct trust_key *keys;
	size_t n_keys;
	struct trust_identity *identities;
	size_t n_identities;
	struct trust_bytes root;
	char **digests;
	size_t n_digests;
};

void trust_rule_done(struct trust_rule *rule);
#define _rule_ _cleanup_(trust_rule_done)

void trust_rule_encode(const struct trust_rule *rule, struct text *w);

/* Return: 0, -EBADMSG, -ENOMEM. */
int trust_rule_decode(const void *data, size_t len, struct trust_rule *ret);
