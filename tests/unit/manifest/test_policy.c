/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: what a pattern matches, which rule decides, and what a wrong file says. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "manifest/policy/policy.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void patterns_match_at_their_borders(void **state)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool want;
	} rows[] = {
		{"quay.io", "quay.io/x/y:1", true},
		{"quay.io", "quay.io.evil.org/x:1", false},
		{"quay.io", "quay.io:5000/x:1", false},
		{"quay.io/x", "quay.io/x/y:1", true},
		{"quay.io/x", "quay.io/xy:1", false},
		{"quay.io/x/y", "quay.io/x/y:1", true},
		{"quay.io/x/y", "quay.io/x/y@sha256:aa", true},
		{"quay.io/x/y:1", "quay.io/x/y:1", true},
		{"quay.io/x/y:1", "quay.io/x/y:10", false},
		{"quay.io/*/y", "quay.io/a/b/y", true},
		{"quay.io/*:v?", "quay.io/x:v1", false},
		{"*", "/opt/x.bpf.o", true},
		{"/opt/", "/opt/x.bpf.o", true},
		{"/opt", "/optional/x.bpf.o", false},
		{"oci:/srv", "oci:/srv/layout:1", true},
		{"[a-z]*", "quay.io/x", false},
		{"", "quay.io/x", false},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		if (policy_matches(rows[i].pattern, rows[i].name) != rows[i].want)
			print_error("%s %s\n", rows[i].pattern, rows[i].name);
		assert_int_equal(policy_matches(rows[i].pattern, rows[i].name), rows[i].want);
	}
}

static void the_first_rule_that_matches_decides(void **state)
{
	static const char text[] = "default: reject\n"
				   "rules:\n"
				   "- {name: a, match: [quay.io/x], action: accept}\n"
				   "- {name: b, match: [quay.io], action: reject}\n";
	_policy_ struct policy p = {.n_rules = 0};

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), "p.yaml", &p, NULL), 0);
	assert_int_equal(p.action, POLICY_REJECT);
	assert_string_equal(policy_find(&p, "quay.io/x/y:1")->name, "a");
	assert_string_equal(policy_find(&p, "quay.io/z:1")->name, "b");
	assert_null(policy_find(&p, "ghcr.io/z:1"));
}

static void nothing_accepts_all(void **state)
{
	_policy_ struct policy p = {.n_rules = 0};

	(void)state;
	assert_int_equal(policy_parse("", 0, "p.yaml", &p, NULL), 0);
	assert_int_equal(p.action, POLICY_ACCEPT);
	assert_null(policy_find(&p, "quay.io/x:1"));
	assert_int_equal(policy_load("/nonexistent/images.yaml", &p, NULL), 0);
	assert_int_equal(p.action, POLICY_ACCEPT);
}

static void errors_say_where_and_what(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{"default: maybe", "p.yaml:1:10: default \"maybe\""},
		{"default: verify", "default is accept or reject"},
		{"rules: [{match: [x], action: accept}]", "name"},
		{"rules: [{name: a, action: accept}]", "match"},
		{"rules: [{name: a, match: [], action: accept}]", "at least one pattern"},
		{"rules: [{name: a, match: [x], action: verify}]", "wants keys or identities"},
		{"rules: [{name: a, match: [x], action: accept, keys: [/k]}]", "belong to"},
		{"rules: [{name: a, match: [x], action: verify, keys: [k]}]", "no absolute path"},
		{"rules: [{name: a, match: [x], action: accept, digests: [abc]}]", "no digest"},
		{"rules: [{name: a, match: [x], action: verify, identities: [{issuer: i, subject: "
		 "s}]}]",
		 "trust-root belong together"},
		{"rules: [{name: a, match: [x], action: verify, trust-root: /r, identities: "
		 "[{issuer: i}]}]",
		 "either subject or"},
		{"rules: [{name: a, match: [x], action: verify, trust-root: /r, identities: "
		 "[{issuer: i, subject-pattern: \"(\"}]}]",
		 "regular expression"},
		{"rules: [{name: a, match: [x], action: verify, trust-root: /r, identities: "
		 "[{issuer: i, subject-pattern: \"a++++\"}]}]",
		 "behind a group or repetition"},
		{"rules: [{name: a, match: [x], action: verify, trust-root: /r, identities: "
		 "[{issuer: i, subject-pattern: \"((a+)+)+\"}]}]",
		 "behind a group or repetition"},
		{"rules: [{name: a, match: [x], action: verify, trust-root: /r, identities: "
		 "[{issuer: i, subject-pattern: \"a{1,9}\"}]}]",
		 "has {}"},
		{"rules: [{name: a, match: [x], action: accept}, {name: a, match: [y], action: "
		 "reject}]",
		 "two rules are named"},
		{"rule: []", "p.yaml:1:1:"},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_policy_ struct policy p = {.n_rules = 0};
		_reason_ struct reason why = {.code = 0};

		assert_int_equal(
			policy_parse(rows[i].text, strlen(rows[i].text), "p.yaml", &p, &why),
			-EINVAL);
		if (!strstr(why.text, rows[i].says))
			print_error("%s\n", why.text);
		assert_non_null(strstr(why.text, rows[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_at_their_borders),
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(nothing_accepts_all),
		cmocka_unit_test(errors_say_where_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
