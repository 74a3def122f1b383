/* SPDX-License-Identifier: Apache-2.0 */
/* LabelSelectors: what fits, what is refused, copies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "model/config/selector.h"

/* Behind base/reason.h: cmocka has a macro named fail(). */
#include <cmocka.h>

static char zone[] = "zone", gpu[] = "gpu", a[] = "a", b[] = "b";

/* On labels zone=a. */
static bool fits(const struct selector_requirement *item)
{
	_cleanup_(labels_done) struct labels labels = {.n = 0};
	struct selector_requirement copy = *item;
	struct selector s = {.items = &copy, .n = 1};

	assert_int_equal(labels_set(&labels, "zone", "a", NULL), 0);
	assert_int_equal(selector_check(&s, NULL), 0);
	return selector_match(&s, &labels);
}

static void operators_mean_what_kubernetes_means(void **state)
{
	char *both[] = {b, a}, *other[] = {b};
	struct strings with = {both, 2}, without = {other, 1};

	(void)state;
	assert_true(fits(&(struct selector_requirement){zone, SELECTOR_IN, with}));
	assert_false(fits(&(struct selector_requirement){zone, SELECTOR_IN, without}));
	assert_false(fits(&(struct selector_requirement){gpu, SELECTOR_IN, with}));
	assert_false(fits(&(struct selector_requirement){zone, SELECTOR_NOT_IN, with}));
	assert_true(fits(&(struct selector_requirement){zone, SELECTOR_NOT_IN, without}));
	assert_true(fits(&(struct selector_requirement){gpu, SELECTOR_NOT_IN, with}));
	assert_true(fits(&(struct selector_requirement){.key = zone, .operator= SELECTOR_EXISTS}));
	assert_false(fits(&(struct selector_requirement){.key = gpu, .operator= SELECTOR_EXISTS}));
	assert_false(fits(
		&(struct selector_requirement){.key = zone, .operator= SELECTOR_DOES_NOT_EXIST}));
	assert_true(fits(
		&(struct selector_requirement){.key = gpu, .operator= SELECTOR_DOES_NOT_EXIST}));
}

static void every_part_must_hold(void **state)
{
	_cleanup_(labels_done) struct labels labels = {.n = 0};
	struct selector_requirement items[] = {{.key = zone, .operator= SELECTOR_EXISTS },
						{
							.key = gpu,
							.operator= SELECTOR_EXISTS },
	};
	struct label one = {zone, b};
	struct selector s = {.items = items, .n = 2}, other = {.match = {&one, 1}};

	(void)state;
	assert_int_equal(labels_set(&labels, "zone", "a", NULL), 0);
	assert_false(selector_match(&s, &labels));
	assert_false(selector_match(&other, &labels));
	s.n = 0;
	assert_true(selector_is_empty(&s));
	assert_true(selector_match(&s, &labels));
}

static void refused(const struct selector_requirement *item, int code, const char *words)
{
	_reason_ struct reason why = {.code = 0};
	struct selector_requirement copy = *item;
	struct selector s = {.items = &copy, .n = 1};

	assert_int_equal(selector_check(&s, &why), code);
	assert_string_equal(why.text, words);
}

static void bad_requirements_are_refused(void **state)
{
	char *values[SELECTOR_VALUES_MAX + 1], bad[] = "a,b", *one[] = {bad};
	struct strings many = {values, SELECTOR_VALUES_MAX + 1}, wrong = {one, 1};
	struct selector_requirement items[SELECTOR_REQUIREMENTS_MAX + 1];
	struct selector s = {.items = items, .n = SELECTOR_REQUIREMENTS_MAX + 1};
	_reason_ struct reason why = {.code = 0};

	(void)state;
	for (size_t i = 0; i <= SELECTOR_VALUES_MAX; i++)
		values[i] = a;
	refused(&(struct selector_requirement){zone, SELECTOR_IN, many}, -E2BIG,
		"selector of label \"zone\": more than 64 values");
	refused(&(struct selector_requirement){zone, SELECTOR_IN, wrong}, -EINVAL,
		"value of label \"zone\" is longer than 63, or has ',' or a control character");
	refused(&(struct selector_requirement){.key = zone, .operator= SELECTOR_OPERATOR_UNKNOWN},
		-EINVAL,
		"selector of label \"zone\": operator is one of In, NotIn, Exists, DoesNotExist");
	refused(&(struct selector_requirement){.key = NULL, .operator= SELECTOR_EXISTS}, -EINVAL,
		"label key is empty, longer than 317, or has '=', ',', a space or a control "
		"character");
	assert_int_equal(selector_check(&s, &why), -E2BIG);
	assert_string_equal(why.text, "a selector of more than 64 expressions");
}

static void a_copy_is_the_same_and_its_own(void **state)
{
	char *both[] = {b, a};
	struct selector_requirement item = {zone, SELECTOR_NOT_IN, {both, 2}};
	struct label one = {zone, b};
	struct selector s = {.match = {&one, 1}, .items = &item, .n = 1};
	_cleanup_(selector_done) struct selector copy = {.n = 0};

	(void)state;
	assert_int_equal(selector_copy(&s, &copy), 0);
	assert_string_equal(labels_find(&copy.match, "zone"), "b");
	assert_int_equal(copy.n, 1);
	assert_string_equal(copy.items[0].key, "zone");
	assert_ptr_not_equal(copy.items[0].key, zone);
	assert_int_equal(copy.items[0].operator, SELECTOR_NOT_IN);
	assert_string_equal(copy.items[0].values.items[1], "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators_mean_what_kubernetes_means),
		cmocka_unit_test(every_part_must_hold),
		cmocka_unit_test(bad_requirements_are_refused),
		cmocka_unit_test(a_copy_is_the_same_and_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
