/* SPDX-License-Identifier: Apache-2.0 */
/* Who is trusted to say who signed: certificate authorities, logs and timestamp authorities, out of
 * trusted_root.json. For the files of this folder; others see trust/keyless.h. */
#pragma once

#include <openssl/x509.h>
#include <time.h>

#include "trust/keyless/keyless.h"

#define ROOT_CHAIN_MAX	 8
#define ROOT_ENTRIES_MAX 32

/* From .start to .end, both in seconds since 1970; 0: open. */
struct root_window {
	time_t start;
	time_t end;
};

/* @certificates: the last is the trust anchor, those before it lie between it and a leaf. */
struct root_authority {
	X509 *certificates[ROOT_CHAIN_MAX];
	size_t n;
	struct root_window window;
};

/* @id: SHA-256 of its public key. */
struct root_log {
	EVP_PKEY *key;
	unsigned char id[32];
	struct root_window window;
};

struct trust_root {
	struct root_authority cas[ROOT_ENTRIES_MAX];
	size_t n_cas;
	struct root_authority tsas[ROOT_ENTRIES_MAX];
	size_t n_tsas;
	struct root_log logs[ROOT_ENTRIES_MAX];
	size_t n_logs;
	struct root_log ct_logs[ROOT_ENTRIES_MAX];
	size_t n_ct_logs;
};

bool root_is_within(const struct root_window *window, time_t at);

/**
 * root_verify() - a chain from a certificate to an anchor, every part of it valid at a time.
 * @extra: n_extra certificates that may lie between.
 * @ret_issuer: who issued @leaf; own reference, may be NULL.
 *
 * Return: 0 or -EACCES with OpenSSL's words.
 */
struct root_chain {
	const struct root_authority *authorities;
	size_t n_authorities;
	X509 *leaf;
	time_t at;
};
int root_verify(const struct root_chain *chain, X509 **ret_issuer, struct reason *why);
