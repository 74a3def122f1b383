/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on an image or a file: fails closed, opens nothing, asks nobody. */
#pragma once

#include "trust/evidence.h"
#include "trust/key.h"
#include "trust/rule.h"

struct reason;

/**
 * struct trust_subject - what it is about. Everything borrowed.
 * @name:    for words.
 * @digests: n_digests that a signature may be for: of the index and of the manifest, or of a file.
 * @file:    the bytes of a file, for signatures that stand beside it.
 */
struct trust_subject {
	const char *name;
	const char *const *digests;
	size_t n_digests;
	struct key_bytes file;
};

/**
 * trust_verify() - may the subject be used?
 * @ret_by: whose signature counted, "key /etc/bpfd/keys/acme.pub"; heap.
 *
 * Return: 0; -EACCES: no signature is good enough (the text says why each is not), or the digest is
 * not one of the rule's; -EINVAL (a key or the trust root of the rule is not one); -ENOMEM.
 */
int trust_verify(const struct trust_subject *subject, const struct trust_rule *rule,
		 const struct evidence *evidence, char **ret_by, struct reason *why);
