/* SPDX-License-Identifier: Apache-2.0 */
/* What a signer's certificate says, and whether a log of certificates has seen it. */
#pragma once

#include <openssl/x509.h>

#include "trust/keyless/root.h"

struct trust_rule;

/* PEM or DER. Return: 0, -EACCES. */
int certificate_parse(const struct key_bytes *bytes, bool is_pem, X509 **ret, struct reason *why);

/* Is it for signing code, and does one of the trust root's CT logs vouch for it (RFC 6962, embedded
 * SCT)? Return: 0, -EACCES. */
int certificate_check(X509 *leaf, X509 *issuer, const struct trust_root *root, struct reason *why);

/* Is it one of the rule's identities? @by: who, appended. Return: 0, -EACCES. */
int certificate_identity(X509 *leaf, const struct trust_rule *rule, struct text *by,
			 struct reason *why);
