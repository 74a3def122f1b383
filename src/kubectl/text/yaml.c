/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a JSON value is laid out as YAML; quoting is JSON's, which YAML takes. */
#include "kubectl/text/yaml.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* A word that every reader of YAML takes as text. */
static bool is_plain(const char *s)
{
	static const char *const others[] = {"true", "false", "yes", "no",  "on",  "off",
					     "null", "y",     "n",   "inf", "nan", NULL};
	size_t len = strlen(s);
	size_t fits = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789_./@+-:");

	if (len == 0 || fits != len || s[len - 1] == ':')
		return false;
	if (strchr("0123456789.+-@:", *s))
		return false;
	for (size_t i = 0; others[i]; i++)
		if (strcasecmp(s, others[i]) == 0)
			return false;
	return true;
}

static void add_json(const json_t *value, struct text *t)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);

	if (text)
		text_add(t, "%s", text);
	else
		t->r = -ENOMEM;
	free(text);
}

static void add_text(const char *s, struct text *t)
{
	json_t *value = is_plain(s) ? NULL : json_string(s);

	if (value)
		add_json(value, t);
	else
		text_add(t, "%s", s);
	json_decref(value);
}

static bool is_block(const json_t *value, unsigned int depth)
{
	return depth < YAML_BLOCK_DEPTH && (json_object_size(value) || json_array_size(value));
}

static void add_value(const json_t *value, unsigned int depth, bool is_begun, struct text *t);

/* What follows "key:" or "-". */
static void add_scalar(const json_t *value, struct text *t)
{
	text_add(t, " ");
	if (json_is_string(value))
		add_text(json_string_value(value), t);
	else
		add_json(value, t);
	text_add(t, "\n");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_pair(const char *key, const json_t *value, unsigned int depth, struct text *t)
{
	add_text(key, t);
	text_add(t, ":");
	if (!is_block(value, depth + 1)) {
		add_scalar(value, t);
		return;
	}
	text_add(t, "\n");
	/* Lists stand as deep as their key, as kubectl writes them. */
	add_value(value, json_is_array(value) ? depth : depth + 1, false, t);
}

static void add_object(const json_t *object, unsigned int depth, bool is_begun, struct text *t)
{
	size_t n = 0;
	const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	if (!keys) {
		t->r = -ENOMEM;
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)object, key, value) keys[n++] = key;
	qsort(keys, n, sizeof(*keys), by_text);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 || !is_begun)
			text_add(t, "%*s", (int)(2 * depth), "");
		add_pair(keys[i], json_object_get(object, keys[i]), depth, t);
	}
	free(keys);
}

/* @is_begun: the first line has its indentation. */
static void add_value(const json_t *value, unsigned int depth, bool is_begun, struct text *t)
{
	json_t *item;
	size_t i;

	if (json_is_object(value)) {
		add_object(value, depth, is_begun, t);
		return;
	}
	json_array_foreach(value, i, item)
	{
		if (i > 0 || !is_begun)
			text_add(t, "%*s", (int)(2 * depth), "");
		text_add(t, "-");
		if (!is_block(item, depth + 1)) {
			add_scalar(item, t);
			continue;
		}
		text_add(t, " ");
		add_value(item, depth + 1, true, t);
	}
}

void yaml_of_json(const json_t *value, struct text *t)
{
	if (is_block(value, 0)) {
		add_value(value, 0, false, t);
		return;
	}
	if (json_is_string(value))
		add_text(json_string_value(value), t);
	else
		add_json(value, t);
	text_add(t, "\n");
}
