/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a LabelSelector means. */
#include "model/config/selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"

static const char *const operators[_SELECTOR_OPERATOR_MAX] = {
	[SELECTOR_IN] = "In",
	[SELECTOR_NOT_IN] = "NotIn",
	[SELECTOR_EXISTS] = "Exists",
	[SELECTOR_DOES_NOT_EXIST] = "DoesNotExist",
};

const char *selector_operator_name(enum selector_operator operator)
{
	return operators[operator];
}

enum selector_operator selector_operator_parse(const char *name)
{
	for (int i = 0; i < _SELECTOR_OPERATOR_MAX; i++)
		if (strcmp(name, operators[i]) == 0)
			return (enum selector_operator)i;
	return SELECTOR_OPERATOR_UNKNOWN;
}

void selector_done(struct selector *selector)
{
	labels_done(&selector->match);
	for (size_t i = 0; i < selector->n; i++) {
		free(selector->items[i].key);
		strings_done(&selector->items[i].values);
	}
	free(selector->items);
	memset(selector, 0, sizeof(*selector));
}

bool selector_is_empty(const struct selector *selector)
{
	return selector->match.n == 0 && selector->n == 0;
}

static bool requirement_match(const struct selector_requirement *item, const struct labels *labels)
{
	const char *value = labels_find(labels, item->key);

	switch (item->operator) {
	case SELECTOR_IN:
		return value && strings_contain(&item->values, value);
	case SELECTOR_NOT_IN:
		return !value || !strings_contain(&item->values, value);
	case SELECTOR_EXISTS:
		return value;
	default:
		return !value;
	}
}

bool selector_match(const struct selector *selector, const struct labels *labels)
{
	if (!labels_match(labels, &selector->match))
		return false;
	for (size_t i = 0; i < selector->n; i++)
		if (!requirement_match(&selector->items[i], labels))
			return false;
	return true;
}

static int requirement_check(const struct selector_requirement *item, struct reason *why)
{
	bool has_values = item->operator== SELECTOR_IN || item->operator== SELECTOR_NOT_IN;
	int r = labels_check(item->key ? item->key : "", "", why);

	if (r < 0)
		return r;
	if (item->operator<0 || item->operator>= _SELECTOR_OPERATOR_MAX)
		return fail(why, -EINVAL,
			    "selector of label \"%.64s\": operator is one of In, NotIn, Exists, "
			    "DoesNotExist",
			    item->key);
	if (item->values.n > SELECTOR_VALUES_MAX)
		return fail(why, -E2BIG, "selector of label \"%.64s\": more than %d values",
			    item->key, SELECTOR_VALUES_MAX);
	if (has_values != (item->values.n > 0))
		return fail(why, -EINVAL, "selector of label \"%.64s\": operator %s wants %s",
			    item->key, operators[item->operator],
			    has_values ? "values" : "no values");
	for (size_t i = 0; i < item->values.n && r == 0; i++)
		r = labels_check(item->key, item->values.items[i], why);
	return r;
}

int selector_check(const struct selector *selector, struct reason *why)
{
	int r = 0;

	if (selector->match.n > LABELS_MAX)
		return fail(why, -E2BIG, "more than %d labels", LABELS_MAX);
	if (selector->n > SELECTOR_REQUIREMENTS_MAX)
		return fail(why, -E2BIG, "a selector of more than %d expressions",
			    SELECTOR_REQUIREMENTS_MAX);
	for (size_t i = 0; i < selector->match.n && r == 0; i++)
		r = labels_check(selector->match.items[i].key, selector->match.items[i].value, why);
	for (size_t i = 0; i < selector->n && r == 0; i++)
		r = requirement_check(&selector->items[i], why);
	return r;
}

static int selector_fill(const struct selector *from, struct selector *ret)
{
	int r = labels_copy(&from->match, &ret->match);

	if (r < 0 || from->n == 0)
		return r;
	ret->items = calloc(from->n, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	ret->n = from->n;
	for (size_t i = 0; i < from->n; i++) {
		ret->items[i].operator= from->items[i].operator;
		ret->items[i].key = strdup(from->items[i].key);
		if (!ret->items[i].key ||
		    strings_copy(&from->items[i].values, &ret->items[i].values) < 0)
			return -ENOMEM;
	}
	return 0;
}

int selector_copy(const struct selector *from, struct selector *ret)
{
	_cleanup_(selector_done) struct selector copy = {.n = 0};
	int r = selector_fill(from, &copy);

	if (r < 0)
		return r;
	*ret = copy;
	memset(&copy, 0, sizeof(copy));
	return 0;
}
