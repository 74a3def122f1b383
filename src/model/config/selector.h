/* SPDX-License-Identifier: Apache-2.0 */
/* Which labels are meant: LabelSelector of Kubernetes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/config/strings.h"
#include "model/labels.h"

struct reason;

#define SELECTOR_REQUIREMENTS_MAX 64
#define SELECTOR_VALUES_MAX	  64

enum selector_operator {
	SELECTOR_IN,
	SELECTOR_NOT_IN,
	SELECTOR_EXISTS,
	SELECTOR_DOES_NOT_EXIST,
	_SELECTOR_OPERATOR_MAX,
	SELECTOR_OPERATOR_UNKNOWN = -1,
};

/* @values: for In and NotIn, at least one; none for the others. */
struct selector_requirement {
	char *key;
	enum selector_operator operator;
	struct strings values;
};

/* @match and every one of @items (matchLabels, matchExpressions); empty: all labels fit. */
struct selector {
	struct labels match;
	struct selector_requirement *items;
	size_t n;
};

void selector_done(struct selector *selector);

bool selector_is_empty(const struct selector *selector);

/* As Kubernetes has it: NotIn and DoesNotExist also fit labels without the key. */
bool selector_match(const struct selector *selector, const struct labels *labels);

/* Return: 0, -EINVAL (key, value, operator, number of values), -E2BIG, -ENOMEM. */
int selector_check(const struct selector *selector, struct reason *why);

/* Deep copy; @ret is empty before. Return: 0 or -ENOMEM. */
int selector_copy(const struct selector *from, struct selector *ret);

/* "In", "NotIn", "Exists", "DoesNotExist". */
const char *selector_operator_name(enum selector_operator operator);
enum selector_operator selector_operator_parse(const char *name);
