/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures without a key of the signer's own (Sigstore): a certificate that lived for minutes,
 * and proofs that it was used in that time. Everything is checked against a trust root given as a
 * file; nobody is asked. */
#pragma once

#include <stdbool.h>

#include "trust/key.h"

struct bundle;
struct reason;
struct text;
struct trust_root;
struct trust_rule;

/* trusted_root.json (protobuf-specs, sigstore_trustroot.proto). Return: 0, -EINVAL, -ENOMEM. */
int trust_root_parse(const struct key_bytes *text, struct trust_root **ret, struct reason *why);
void trust_root_free(struct trust_root *root);

/* "trust root: 2 CAs, 1 log, 1 CT log, 1 TSA". */
void trust_root_describe(const struct trust_root *root, char *ret, size_t size);

/**
 * struct keyless_proof - everything borrowed.
 * @certificate: of the signer; what lies between it and the root is in the trust root.
 * @set, @stamp: Rekor's word and a timestamp, in cosign's annotations; or:
 * @bundle:      with its entries of the log and its timestamps.
 * @message, @signature: what was signed, and the bytes of the signature.
 * @is_pem:      certificates are PEM, else DER.
 */
struct keyless_proof {
	struct key_bytes certificate;
	struct key_bytes set;
	struct key_bytes stamp;
	const struct bundle *bundle;
	struct key_bytes message;
	struct key_bytes signature;
	bool is_pem;
};

/**
 * keyless_verify() - was it signed by one of the rule's identities?
 * @by: who; appended.
 *
 * Return: 0, -EACCES (the text says which step failed), -ENOMEM.
 */
int keyless_verify(const struct trust_root *root, const struct trust_rule *rule,
		   const struct keyless_proof *proof, struct text *by, struct reason *why);
