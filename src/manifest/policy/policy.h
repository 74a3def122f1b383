/* SPDX-License-Identifier: Apache-2.0 */
/* Whose bytecode may be loaded: policy.d/images.yaml beside the daemon's configuration (docs:
 * man/bpfd-policy.5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

struct reason;

#define POLICY_RULES_MAX      256
#define POLICY_PATTERNS_MAX   256
#define POLICY_KEYS_MAX	      32
#define POLICY_IDENTITIES_MAX 32
#define POLICY_DIGESTS_MAX    1024

enum policy_action { POLICY_REJECT, POLICY_ACCEPT, POLICY_VERIFY, _POLICY_ACTION_MAX };

/* Who signed without a key of his own: what the certificate must say. Of @subject and @pattern (a
 * POSIX extended expression for all of the subject) exactly one is given. */
struct policy_identity {
	char *issuer;
	char *subject;
	char *pattern;
};

/**
 * struct policy_rule - one rule; the first that matches decides.
 * @match:      patterns, policy_matches().
 * @keys:       files of public keys (PEM). @trust_root: file, of Sigstore's trusted_root.json.
 * @identities: any of them, or any of @keys, must have signed (POLICY_VERIFY).
 * @digests:    the image must be one of these, whoever signed it; none: any.
 */
struct policy_rule {
	char *name;
	char **match;
	size_t n_match;
	enum policy_action action;
	char **keys;
	size_t n_keys;
	struct policy_identity *identities;
	size_t n_identities;
	char *trust_root;
	char **digests;
	size_t n_digests;
};

/* @action: of what no rule matches. */
struct policy {
	struct policy_rule *rules;
	size_t n_rules;
	enum policy_action action;
};

void policy_done(struct policy *policy);
#define _policy_ _cleanup_(policy_done)

/* Return: 0, -EINVAL (text is "FILE:LINE:COL: …"), -EFBIG, -ENOMEM. An empty text accepts all. */
int policy_parse(const char *text, size_t len, const char *file_name, struct policy *ret,
		 struct reason *why);

/* The same for a file; a missing one accepts all. Also -errno of open(2) and read(2). */
int policy_load(const char *path, struct policy *ret, struct reason *why);

/**
 * policy_matches() - does a pattern stand for a name?
 * @name: "quay.io/x/y:tag", "oci:/layout:tag" or "/path/of/x.bpf.o".
 *
 * '*' stands for any text, '/' too. A pattern without it is the name itself, or the beginning of
 * it up to a '/', ':' or '@'.
 */
bool policy_matches(const char *pattern, const char *name);

/* The rule for a name; NULL: none, .action counts. */
const struct policy_rule *policy_find(const struct policy *policy, const char *name);
