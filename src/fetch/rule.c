/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from a rule of the policy to its bytes. */
#include "fetch/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "fetch/endpoint.h"
#include "fetch/order.h"
#include "manifest/policy/policy.h"

static int read_bytes(const char *path, struct trust_bytes *ret, struct reason *why)
{
	struct fetch_file file = {0};
	int r = fetch_file_read(path, &file, why);

	*ret = (struct trust_bytes){file.data, file.len};
	return r;
}

static int read_keys(const struct policy_rule *from, struct trust_rule *to, struct reason *why)
{
	int r = 0;

	to->keys = calloc(from->n_keys + 1, sizeof(*to->keys));
	if (!to->keys)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < from->n_keys && r == 0; i++) {
		struct trust_key *key = &to->keys[to->n_keys++];

		r = text_set(&key->name, from->keys[i]);
		if (r == 0)
			r = read_bytes(from->keys[i], &key->pem, why);
	}
	return r;
}

static int copy_identities(const struct policy_rule *from, struct trust_rule *to)
{
	int r = 0;

	to->identities = calloc(from->n_identities + 1, sizeof(*to->identities));
	if (!to->identities)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_identities && r == 0; i++) {
		struct trust_identity *t = &to->identities[to->n_identities++];
		const struct policy_identity *f = &from->identities[i];

		if (text_set(&t->issuer, f->issuer) < 0 || text_set(&t->subject, f->subject) < 0 ||
		    text_set(&t->pattern, f->pattern) < 0)
			r = -ENOMEM;
	}
	return r;
}

static int copy_digests(const struct policy_rule *from, struct trust_rule *to)
{
	int r = 0;

	to->digests = calloc(from->n_digests + 1, sizeof(*to->digests));
	if (!to->digests)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_digests && r == 0; i++)
		r = text_set(&to->digests[to->n_digests++], from->digests[i]);
	return r;
}

static int make(const struct policy_rule *from, struct trust_rule *ret, struct reason *why)
{
	_rule_ struct trust_rule rule = {.is_verify = from->action == POLICY_VERIFY};
	int r = text_set(&rule.name, from->name);

	if (r == 0)
		r = copy_identities(from, &rule);
	if (r == 0)
		r = copy_digests(from, &rule);
	if (r == 0)
		r = read_keys(from, &rule, why);
	if (r == 0 && from->trust_root)
		r = read_bytes(from->trust_root, &rule.root, why);
	if (r == -ENOMEM)
		return fail(why, r, "out of memory");
	if (r < 0) {
		reason_prefix(why, "rule \"%s\"", from->name);
		return -EACCES;
	}
	*ret = rule;
	rule = (struct trust_rule){0};
	return 1;
}

static int reject(const char *rule, const char *policy, const char *name, struct reason *why)
{
	reason_hint(why, "the policy of this host is %s", policy);
	if (rule)
		return fail(why, -EACCES, "rule \"%s\" refuses %s: it rejects all that it matches",
			    rule, name);
	return fail(why, -EACCES,
		    "the policy refuses %s: no rule is for it, and the default is reject", name);
}

/* Rules go by names: "/usr/lib/bpf/../../../tmp/x.o" is not below /usr/lib/bpf. Symbolic links are
 * made by who may write there. */
static bool is_plain(const char *name)
{
	const char *path = strncmp(name, "oci:", 4) == 0 ? name + 4 : name;

	if (*path != '/')
		return true;
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		size_t n = strcspn(p + 1, "/:");

		if ((n == 0 && p[1]) || (n == 1 && p[1] == '.') ||
		    (n == 2 && strncmp(p + 1, "..", 2) == 0))
			return false;
	}
	return true;
}

int rule_find(const char *path, const char *name, struct trust_rule *ret, struct reason *why)
{
	_policy_ struct policy policy = {.action = POLICY_ACCEPT};
	const struct policy_rule *rule;
	int r = path ? policy_load(path, &policy, why) : 0;

	if (r < 0) {
		reason_hint(why, "nothing is loaded until the policy is right: %s", path);
		return r == -ENOMEM ? r : -EACCES;
	}
	if ((policy.n_rules > 0 || policy.action != POLICY_ACCEPT) && !is_plain(name)) {
		reason_hint(
			why,
			"write the path without \".\", \"..\" and \"//\": the policy goes by it");
		return fail(why, -EACCES, "the policy refuses %s: its path is not plain", name);
	}
	rule = policy_find(&policy, name);
	if (!rule)
		return policy.action == POLICY_ACCEPT ? 0 : reject(NULL, path, name, why);
	if (rule->action == POLICY_REJECT)
		return reject(rule->name, path, name, why);
	if (rule->action == POLICY_ACCEPT && rule->n_digests == 0)
		return 0;
	return make(rule, ret, why);
}
