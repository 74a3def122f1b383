/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures without keys: right ones in every form, and one lie at a time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "fixture.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int judge(const struct world *w, char **ret_by, struct reason *why)
{
	static const char *const digests[] = {WORLD_DIGEST};
	const struct trust_subject subject = {
		.name = "quay.io/x/y:1", .digests = digests, .n_digests = 1};

	return trust_verify(&subject, &w->rule, &w->evidence, ret_by, why);
}

static const struct world_order forms[] = {
	{.layout = LAYOUT_BUNDLE, .clock = CLOCK_PROMISE, .version = 1},
	{.layout = LAYOUT_BUNDLE, .clock = CLOCK_STAMP, .version = 2},
	{.layout = LAYOUT_BUNDLE, .clock = CLOCK_BOTH, .version = 1},
	{.layout = LAYOUT_SIMPLE, .clock = CLOCK_PROMISE, .version = 1},
	{.layout = LAYOUT_SIMPLE, .clock = CLOCK_BOTH, .version = 1},
};

static void every_form_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_size(forms); i++) {
		_reason_ struct reason why = {.code = 0};
		_free_ char *by = NULL;
		struct world w;
		int r;

		world_make(&forms[i], &w);
		r = judge(&w, &by, &why);
		assert_string_equal(why.text, "");
		assert_int_equal(r, 0);
		assert_string_equal(by,
				    "identity builder@example.org (https://accounts.example.org)");
		world_done(&w);
	}
}

/* What is said of each lie. @simple: where the older layout can tell it too. */
static const struct {
	enum lie lie;
	bool is_simple;
	const char *says;
} lies[] = {
	{LIE_CA, true, "not one of the trust root's"},
	{LIE_EXPIRED, true, "certificate has expired"},
	{LIE_NO_SCT, true, "no trusted log of certificates"},
	{LIE_SCT, true, "no trusted log of certificates"},
	{LIE_PURPOSE, true, "not for signing code"},
	{LIE_SUBJECT, true, "mallory@example.org"},
	{LIE_ISSUER, true, "none of the rule's identities"},
	{LIE_KEY, true, "key has not signed this"},
	{LIE_DIGEST, true, "a good signature, but for sha256:bbbb"},
	{LIE_NO_ENTRY, true, "in no log"},
	{LIE_LOG, true, "the log has not signed"},
	{LIE_PROMISE, true, "the log has not signed its entry"},
	{LIE_PROOF, false, "has not signed the tree"},
	{LIE_CHECKPOINT, false, "has not signed the tree"},
	{LIE_BODY, true, "about another signature"},
	{LIE_STAMP, true, "timestamp is of another signature"},
	{LIE_STAMP_BY, true, "none of the trust root's authorities"},
	{LIE_NO_TIME, false, "says when it was signed"},
};

static void must_refuse(const struct world_order *o, const char *says)
{
	_reason_ struct reason why = {.code = 0};
	_free_ char *by = NULL;
	struct world w;

	world_make(o, &w);
	assert_int_equal(judge(&w, &by, &why), -EACCES);
	if (!strstr(why.text, says))
		print_error("lie %d: %s\n", (int)o->lie, why.text);
	assert_non_null(strstr(why.text, says));
	assert_non_null(strstr(why.text, "rule \"keyless\" refuses quay.io/x/y:1"));
	assert_null(by);
	world_done(&w);
}

static void every_lie_is_refused_in_its_words(void **state)
{
	(void)state;
	assert_int_equal(array_size(lies) + 1, _LIE_MAX);
	for (size_t i = 0; i < array_size(lies); i++) {
		struct world_order o = {.lie = lies[i].lie,
					.layout = LAYOUT_BUNDLE,
					.clock = CLOCK_BOTH,
					.version = 1};

		must_refuse(&o, lies[i].says);
		o.layout = LAYOUT_SIMPLE;
		if (lies[i].is_simple)
			must_refuse(&o, lies[i].says);
	}
}

static void a_pattern_stands_for_the_whole_name(void **state)
{
	static const struct {
		const char *pattern;
		int want;
	} rows[] = {
		{"builder@.*", 0},
		{"builder@example|.*@example[.]org", 0},
		{"builder", -EACCES},
		{"builder@example.or", -EACCES},
	};

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		_reason_ struct reason why = {.code = 0};
		_free_ char *by = NULL;
		struct world w;

		world_make(&forms[0], &w);
		free(w.rule.identities[0].subject);
		w.rule.identities[0].subject = NULL;
		w.rule.identities[0].pattern = strdup(rows[i].pattern);
		assert_int_equal(judge(&w, &by, &why), rows[i].want);
		world_done(&w);
	}
}

/* Any byte of a bundle changed: never accepted for another digest, and never a crash. */
static void a_changed_byte_gives_no_other_verdict(void **state)
{
	struct world w;

	(void)state;
	world_make(&forms[2], &w);
	for (size_t i = 0; i < w.evidence.items[0].payload.len; i += 7) {
		_reason_ struct reason why = {.code = 0};
		_free_ char *by = NULL;
		int r;

		w.evidence.items[0].payload.data[i] ^= 1;
		r = judge(&w, &by, &why);
		assert_true(r == 0 || r == -EACCES || r == -EBADMSG);
		w.evidence.items[0].payload.data[i] ^= 1;
	}
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_accepted),
		cmocka_unit_test(every_lie_is_refused_in_its_words),
		cmocka_unit_test(a_pattern_stands_for_the_whole_name),
		cmocka_unit_test(a_changed_byte_gives_no_other_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
