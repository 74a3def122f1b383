/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fields of images.yaml and what a pattern matches. */
#include "manifest/policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/document.h"
#include "manifest/schema.h"
#include "manifest/yaml_read.h"

#define NAME_MAX_LEN 63
#define PATTERN_MAX  255

static const char *const actions[_POLICY_ACTION_MAX + 1] = {"reject", "accept", "verify", NULL};

static void strings_free(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

static void rule_done(struct policy_rule *r)
{
	free(r->name);
	free(r->trust_root);
	strings_free(r->match, r->n_match);
	strings_free(r->keys, r->n_keys);
	strings_free(r->digests, r->n_digests);
	for (size_t i = 0; i < r->n_identities; i++) {
		free(r->identities[i].issuer);
		free(r->identities[i].subject);
		free(r->identities[i].pattern);
	}
	free(r->identities);
}

void policy_done(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		rule_done(&policy->rules[i]);
	free(policy->rules);
	*policy = (struct policy){.action = POLICY_REJECT};
}

static int decode_action(const struct decoder *d, const struct field *field,
			 const struct doc_node *node, void *object)
{
	enum policy_action *ret = (void *)((char *)object + field->offset);
	_free_ char *word = NULL;
	int r = schema_get_string(d, node, field->name, &word);

	if (r < 0)
		return r;
	for (int i = 0; actions[i]; i++)
		if (strcmp(word, actions[i]) == 0) {
			*ret = (enum policy_action)i;
			return 0;
		}
	return documents_fail(d->documents, node, d->why,
			      "%s \"%.32s\": it is one of accept, reject, verify", field->name,
			      word);
}

/* What takes regcomp(3) or regexec(3) longer than the pattern is long: counted repetition, '+' of a
 * group or of another repetition (each doubles what is before it), references back. */
static bool is_cheap(const char *p)
{
	char before = '\0';

	for (; *p; p++) {
		bool is_escaped = *p == '\\' && p[1];

		if (is_escaped)
			p++;
		if (is_escaped ? (*p >= '1' && *p <= '9') : *p == '{')
			return false;
		if (!is_escaped && *p == '+' && before && strchr(")*+?", before))
			return false;
		before = is_escaped ? 'x' : *p;
	}
	return true;
}

static int check_identity(const void *object, struct reason *why)
{
	const struct policy_identity *i = object;
	regex_t re;

	if (!i->subject == !i->pattern)
		return fail(why, -EINVAL, "an identity has either subject or subject-pattern");
	if (!i->pattern)
		return 0;
	if (!is_cheap(i->pattern))
		return fail(why, -EINVAL,
			    "\"%.64s\" has {}, a reference back, or + behind a group or repetition",
			    i->pattern);
	if (strlen(i->pattern) > PATTERN_MAX ||
	    regcomp(&re, i->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return fail(why, -EINVAL,
			    "\"%.64s\" is no extended regular expression of at most %d bytes",
			    i->pattern, PATTERN_MAX);
	regfree(&re);
	return 0;
}

static int check_paths(char *const *paths, size_t n, struct reason *why)
{
	for (size_t i = 0; i < n; i++)
		if (paths[i][0] != '/')
			return fail(why, -EINVAL, "\"%.64s\" is no absolute path", paths[i]);
	return 0;
}

static int check_rule(const void *object, struct reason *why)
{
	const struct policy_rule *r = object;
	bool asks = r->n_keys > 0 || r->n_identities > 0;

	if (!text_is_name(r->name, NAME_MAX_LEN))
		return fail(why, -EINVAL, "\"%.64s\" is no name for a rule", r->name);
	if (r->n_match == 0)
		return fail(why, -EINVAL,
			    "a rule matches at least one pattern (\"*\": everything)");
	if (asks != (r->action == POLICY_VERIFY))
		return fail(why, -EINVAL,
			    asks ? "keys and identities belong to \"action: verify\""
				 : "\"action: verify\" wants keys or identities");
	if ((r->n_identities > 0) != !!r->trust_root)
		return fail(why, -EINVAL, "identities and trust-root belong together");
	for (size_t i = 0; i < r->n_digests; i++)
		if (!digest_is_valid(r->digests[i]))
			return fail(why, -EINVAL, "\"%.80s\" is no digest, sha256:HEX",
				    r->digests[i]);
	if (check_paths(r->keys, r->n_keys, why) < 0)
		return -EINVAL;
	return check_paths(&r->trust_root, r->trust_root != NULL, why);
}

static const struct field identity_fields[] = {
	{"issuer", schema_string, offsetof(struct policy_identity, issuer), .is_required = true},
	{"subject", schema_string, offsetof(struct policy_identity, subject)},
	{"subject-pattern", schema_string, offsetof(struct policy_identity, pattern)},
	{NULL},
};

static const struct schema identity_schema = {
	.where = "rules[].identities[]",
	.size = sizeof(struct policy_identity),
	.fields = identity_fields,
	.check = check_identity,
};

static const struct field rule_fields[] = {
	{"name", schema_string, offsetof(struct policy_rule, name), .is_required = true},
	{"match", schema_strings, offsetof(struct policy_rule, match),
	 .count_offset = offsetof(struct policy_rule, n_match), .max = POLICY_PATTERNS_MAX,
	 .is_required = true},
	{"action", decode_action, offsetof(struct policy_rule, action), .is_required = true},
	{"keys", schema_strings, offsetof(struct policy_rule, keys),
	 .count_offset = offsetof(struct policy_rule, n_keys), .max = POLICY_KEYS_MAX},
	{"identities", schema_list, offsetof(struct policy_rule, identities), &identity_schema,
	 offsetof(struct policy_rule, n_identities), POLICY_IDENTITIES_MAX},
	{"trust-root", schema_string, offsetof(struct policy_rule, trust_root)},
	{"digests", schema_strings, offsetof(struct policy_rule, digests),
	 .count_offset = offsetof(struct policy_rule, n_digests), .max = POLICY_DIGESTS_MAX},
	{NULL},
};

static const struct schema rule_schema = {
	.where = "rules[]",
	.size = sizeof(struct policy_rule),
	.fields = rule_fields,
	.check = check_rule,
};

/* Two rules of one name could not be told apart in an error. */
static int check_policy(const void *object, struct reason *why)
{
	const struct policy *p = object;

	if (p->action == POLICY_VERIFY)
		return fail(why, -EINVAL, "default is accept or reject");
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(p->rules[i].name, p->rules[k].name) == 0)
				return fail(why, -EINVAL, "two rules are named \"%s\"",
					    p->rules[i].name);
	return 0;
}

static const struct field policy_fields[] = {
	{"default", decode_action, offsetof(struct policy, action)},
	{"rules", schema_list, offsetof(struct policy, rules), &rule_schema,
	 offsetof(struct policy, n_rules), POLICY_RULES_MAX},
	{NULL},
};

static const struct schema policy_schema = {
	.where = "the policy",
	.size = sizeof(struct policy),
	.fields = policy_fields,
	.check = check_policy,
};

int policy_parse(const char *text, size_t len, const char *file_name, struct policy *ret,
		 struct reason *why)
{
	_policy_ struct policy policy = {.action = POLICY_ACCEPT};
	_cleanup_(documents_done) struct documents documents = {.n = 0};
	struct decoder d = {.documents = &documents, .why = why};
	int r = yaml_read(text, len, file_name, &documents, why);

	if (r == 0 && documents.n > 1)
		return documents_fail(&documents, documents.roots[1], why,
				      "the policy is one document");
	if (r == 0 && documents.n == 1)
		r = schema_decode(&d, &policy_schema, documents.roots[0], &policy);
	if (r < 0)
		return fail(why, r, "%s: out of memory", file_name);
	*ret = policy;
	policy = (struct policy){.action = POLICY_REJECT};
	return 0;
}

int policy_load(const char *path, struct policy *ret, struct reason *why)
{
	_free_ char *text = NULL;
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	int r = fd < 0 ? -errno : 0;

	if (r == -ENOENT)
		return policy_parse("", 0, path, ret, why);
	if (r == 0)
		r = fd_read_all(fd, YAML_SIZE_MAX, &text, &len);
	if (r < 0)
		return fail(why, r, "%s: %s", path, strerror(-r));
	return policy_parse(text, len, path, ret, why);
}

bool policy_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (strchr(pattern, '*')) {
		_text_ struct text p = {.data = NULL};

		/* Of fnmatch(3)'s other wildcards none is one here. */
		for (; *pattern; pattern++)
			text_add(&p, strchr("?[]\\", *pattern) ? "\\%c" : "%c", *pattern);
		return p.r == 0 && fnmatch(p.data, name, 0) == 0;
	}
	if (strncmp(pattern, name, len) != 0)
		return false;
	if (name[len] == '\0' || strchr("/@", name[len]) || (len > 0 && pattern[len - 1] == '/'))
		return true;
	/* Behind a host a colon is a port, and another registry. */
	return name[len] == ':' && strchr(pattern, '/');
}

const struct policy_rule *policy_find(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		for (size_t k = 0; k < policy->rules[i].n_match; k++)
			if (policy_matches(policy->rules[i].match[k], name))
				return &policy->rules[i];
	return NULL;
}
