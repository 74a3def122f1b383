/* SPDX-License-Identifier: Apache-2.0 */
/* The webhook's own CA and its serving certificates: made, looked at, renewed. PEM in memory; where
 * it is kept is the caller's. EC keys on P-256. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct reason;

#define CERTIFICATE_NAMES_MAX 16
#define CERTIFICATE_PEM_MAX   (64 * 1024)

/* CAs of one bundle: this one, and those before it whose certificates may still be served. */
#define CERTIFICATE_BUNDLE_MAX 4

/* @certificate, @key: PEM; owned; the key is PKCS#8 without a password. */
struct certificate_pair {
	char *certificate;
	char *key;
};

void certificate_pair_done(struct certificate_pair *pair);

/* Seconds since the epoch. */
struct certificate_times {
	int64_t from;
	int64_t until;
};

/**
 * struct certificate_order - what a certificate shall be.
 * @names:      DNS names ("bpfd-webhook.bpfd.svc") and addresses; NULL at the end. Not for a CA.
 * @now:        seconds since the epoch; it is valid from five minutes before, for slow clocks.
 * @lifetime_s: from now on.
 */
struct certificate_order {
	const char *const *names;
	int64_t now;
	int64_t lifetime_s;
};

/* Return: 0, -EINVAL (lifetime), -EIO (what OpenSSL says is in the text). */
int certificate_make_ca(const struct certificate_order *order, struct certificate_pair *ret,
			struct reason *why);

/* A serving certificate by @ca. Return: 0, -EINVAL (a name, the lifetime, or no such CA), -EIO. */
int certificate_make(const struct certificate_pair *ca, const struct certificate_order *order,
		     struct certificate_pair *ret, struct reason *why);

/* Of the first certificate of a PEM text. Return: 0, -EINVAL, -EFBIG. */
int certificate_read_times(const char *pem, struct certificate_times *ret, struct reason *why);

/* Is only a third of the lifetime left, or none, or has it not begun (a clock went back)? */
bool certificate_is_due(const struct certificate_times *times, int64_t now);

/**
 * certificate_check() - would a client that trusts @bundle and asks for @name take it at @now?
 *
 * Return: 0, -EINVAL (no PEM, or the key is another's), -EKEYREJECTED (text says why).
 */
struct certificate_question {
	const char *bundle;
	const char *name;
	int64_t now;
};
int certificate_check(const struct certificate_pair *pair,
		      const struct certificate_question *question, struct reason *why);

/**
 * certificate_bundle() - the CA before the ones of an older bundle (a caBundle while keys change).
 * @old: NULL or PEM; its expired ones, copies, and those above CERTIFICATE_BUNDLE_MAX are left out.
 * @ret: PEM, heap.
 *
 * Give clients the bundle first, and serve by the new CA afterwards.
 * Return: 0, -EINVAL (@ca; an @old that is no PEM counts as none), -ENOMEM.
 */
int certificate_bundle(const char *ca, const char *old, int64_t now, char **ret);

#define _certificate_pair_ _cleanup_(certificate_pair_done)
