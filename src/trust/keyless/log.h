/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the public log of signatures (Rekor): that the entry is in it, and that it is about
 * this signature. */
#pragma once

#include "trust/keyless/root.h"

struct json_t;

/* What an entry must be about. @is_envelope: @payload of a DSSE envelope, else @message counts. */
struct log_subject {
	X509 *leaf;
	struct key_bytes signature;
	struct key_bytes message;
	struct key_bytes payload;
	bool is_envelope;
};

/**
 * log_verify_entry() - one of a bundle's tlogEntries.
 * @ret_at: when the log says that it came, 0 when it does not say so under its signature.
 *
 * Return: 0, -EACCES (the text says which step failed).
 */
int log_verify_entry(const struct trust_root *root, const struct json_t *entry,
		     const struct log_subject *subject, time_t *ret_at, struct reason *why);

/* cosign's annotation: a signed entry timestamp and what it is for. */
int log_verify_set(const struct trust_root *root, const struct key_bytes *text,
		   const struct log_subject *subject, time_t *ret_at, struct reason *why);
