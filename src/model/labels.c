/* SPDX-License-Identifier: Apache-2.0 */
/* Owns key=value pairs, kept sorted by key so that equal sets look equal. */
#include "model/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define KEY_MAX	  317
#define VALUE_MAX 63

void labels_done(struct labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		free(labels->items[i].key);
		free(labels->items[i].value);
	}
	free(labels->items);
	memset(labels, 0, sizeof(*labels));
}

int labels_check(const char *key, const char *value, struct reason *why)
{
	if (!*key || !text_is_clean(key, KEY_MAX) || strpbrk(key, "=, "))
		return fail(
			why, -EINVAL,
			"label key is empty, longer than %d, or has '=', ',', a space or a control "
			"character",
			KEY_MAX);
	if (!text_is_clean(value, VALUE_MAX) || strchr(value, ','))
		return fail(why, -EINVAL,
			    "value of label \"%.64s\" is longer than %d, or has ',' or a control "
			    "character",
			    key, VALUE_MAX);
	return 0;
}

/* Where @key is, or where it belongs. */
static size_t find_place(const struct labels *labels, const char *key)
{
	size_t i = 0;

	while (i < labels->n && strcmp(labels->items[i].key, key) < 0)
		i++;
	return i;
}

int labels_set(struct labels *labels, const char *key, const char *value, struct reason *why)
{
	_free_ char *new_key = NULL;
	_free_ char *new_value = NULL;
	size_t i = find_place(labels, key);
	struct label *items;
	int r = labels_check(key, value, why);

	if (r < 0)
		return r;
	if (i < labels->n && strcmp(labels->items[i].key, key) == 0)
		return text_set(&labels->items[i].value, value);
	if (labels->n >= LABELS_MAX)
		return fail(why, -E2BIG, "more than %d labels", LABELS_MAX);
	new_key = strdup(key);
	new_value = strdup(value);
	items = realloc(labels->items, (labels->n + 1) * sizeof(*items));
	if (items)
		labels->items = items;
	if (!new_key || !new_value || !items)
		return fail(why, -ENOMEM, "out of memory");
	memmove(items + i + 1, items + i, (labels->n - i) * sizeof(*items));
	items[i] = (struct label){.key = take_ptr(new_key), .value = take_ptr(new_value)};
	labels->n++;
	return 0;
}

const char *labels_find(const struct labels *labels, const char *key)
{
	size_t i = find_place(labels, key);

	if (i == labels->n || strcmp(labels->items[i].key, key) != 0)
		return NULL;
	return labels->items[i].value;
}

bool labels_match(const struct labels *labels, const struct labels *selector)
{
	for (size_t i = 0; i < selector->n; i++) {
		const char *value = labels_find(labels, selector->items[i].key);

		if (!value || strcmp(value, selector->items[i].value) != 0)
			return false;
	}
	return true;
}

static int parse_pair(char *pair, struct labels *labels, struct reason *why)
{
	char *value = strchr(pair, '=');

	if (!value)
		return fail(why, -EINVAL, "label \"%.64s\" has no '=': write key=value", pair);
	*value++ = '\0';
	if (labels_find(labels, pair))
		return fail(why, -EINVAL, "label \"%.64s\" is given twice", pair);
	return labels_set(labels, pair, value, why);
}

int labels_parse(const char *text, struct labels *ret, struct reason *why)
{
	_cleanup_(labels_done) struct labels labels = {.n = 0};
	_free_ char *copy = strdup(text);
	char *rest = *text ? copy : NULL;

	if (!copy)
		return fail(why, -ENOMEM, "out of memory");
	if (!text_is_clean(text, LABELS_MAX * (KEY_MAX + VALUE_MAX + 2)))
		return fail(why, -EINVAL, "labels are too long or have a control character");
	while (rest) {
		int r = parse_pair(strsep(&rest, ","), &labels, why);

		if (r < 0)
			return r;
	}
	*ret = labels;
	memset(&labels, 0, sizeof(labels));
	return 0;
}

char *labels_format(const struct labels *labels)
{
	_text_ struct text t = {.data = NULL};

	for (size_t i = 0; i < labels->n; i++)
		text_add(&t, "%s%s=%s", i ? "," : "", labels->items[i].key, labels->items[i].value);
	return text_take(&t);
}

int labels_copy(const struct labels *from, struct labels *ret)
{
	_cleanup_(labels_done) struct labels labels = {.n = 0};

	for (size_t i = 0; i < from->n; i++) {
		int r = labels_set(&labels, from->items[i].key, from->items[i].value, NULL);

		if (r < 0)
			return r;
	}
	*ret = labels;
	memset(&labels, 0, sizeof(labels));
	return 0;
}
