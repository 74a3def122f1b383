/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted key=value pairs with the bounds of Kubernetes' labels. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct reason;

#define LABELS_MAX 64

struct label {
	char *key;
	char *value;
};

struct labels {
	struct label *items;
	size_t n;
};

void labels_done(struct labels *labels);

/* Add or replace. Return: 0, -EINVAL (key of 1..317, value of 0..63 characters, clean text),
 * -E2BIG, -ENOMEM. */
int labels_set(struct labels *labels, const char *key, const char *value, struct reason *why);

/* What labels_set() wants of a pair. Return: 0 or -EINVAL. */
int labels_check(const char *key, const char *value, struct reason *why);

/* NULL if there is none. */
const char *labels_find(const struct labels *labels, const char *key);

/* Does @labels contain every pair of @selector (an empty selector matches all)? */
bool labels_match(const struct labels *labels, const struct labels *selector);

/* "a=b,c=d" to and from text; "" is no label. */
int labels_parse(const char *text, struct labels *ret, struct reason *why);
char *labels_format(const struct labels *labels);
int labels_copy(const struct labels *from, struct labels *ret);
