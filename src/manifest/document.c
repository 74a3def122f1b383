/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the tree of a document; does not know how it was written. */
#include "manifest/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/reason.h"
#include "base/text.h"

void doc_node_free(struct doc_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->n; i++)
		doc_node_free(node->items[i]);
	free(node->items);
	free(node->text);
	free(node);
}

void doc_node_free_p(struct doc_node **node)
{
	doc_node_free(*node);
}

bool doc_node_is_null(const struct doc_node *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (node->kind != DOC_SCALAR || !node->is_plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

const struct doc_node *doc_node_find(const struct doc_node *mapping, const char *key)
{
	if (mapping->kind != DOC_MAPPING)
		return NULL;
	for (size_t i = 0; i + 1 < mapping->n; i += 2)
		if (strcasecmp(mapping->items[i]->text, key) == 0)
			return mapping->items[i + 1];
	return NULL;
}

const char *doc_node_describe(const struct doc_node *node)
{
	if (node->kind == DOC_MAPPING)
		return "a mapping";
	if (node->kind == DOC_SEQUENCE)
		return "a list";
	return doc_node_is_null(node) ? "nothing" : "a single value";
}

void documents_done(struct documents *documents)
{
	for (size_t i = 0; i < documents->n; i++)
		doc_node_free(documents->roots[i]);
	free(documents->roots);
	free(documents->file_name);
	memset(documents, 0, sizeof(*documents));
}

/* Bytes of the UTF-8 sequence at @s, 0 when it is cut. */
static size_t sequence_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : c < 0x80;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* One line for a terminal: no control characters, no sequence that "%.64s" cut in its middle. */
static void make_line(char *s)
{
	while (*s) {
		size_t len = sequence_len(s);

		if (len == 0 || (unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
		s += len ? len : 1;
	}
}

/* A key that could be taken for two, or for an index, stands in brackets. */
static void add_key(struct text *path, const char *key)
{
	if (!*key || strpbrk(key, ".[]\"") || strlen(key) > 64)
		text_add(path, "[\"%.64s\"]", key);
	else
		text_add(path, "%s%s", path->len ? "." : "", key);
}

/* Extend @path from @node, which it names, to @at. Return: whether @at is below @node; the depth is
 * bound by the reader (YAML_DEPTH_MAX). */
static bool find_path(const struct doc_node *node, const struct doc_node *at, struct text *path)
{
	size_t len = path->len;

	if (node == at)
		return true;
	for (size_t i = 0; i < node->n; i++) {
		bool is_value = node->kind == DOC_MAPPING && i % 2 == 1;

		if (node->kind == DOC_SEQUENCE)
			text_add(path, "[%zu]", i);
		else
			add_key(path, node->items[is_value ? i - 1 : i]->text);
		if (find_path(node->items[i], at, path))
			return true;
		path->len = len;
	}
	return false;
}

/* Where @at is, for the begin of an error. */
static void add_place(const struct documents *documents, const struct doc_node *at,
		      struct text *place)
{
	if (!documents->is_object) {
		text_add(place, "%s:%u:%u", documents->file_name, at->line, at->column);
		return;
	}
	for (size_t i = 0; i < documents->n; i++)
		if (find_path(documents->roots[i], at, place))
			break;
	if (place->len == 0)
		text_add(place, "%s", documents->file_name);
	else
		place->data[place->len] = '\0';
}

int documents_fail(const struct documents *documents, const struct doc_node *at, struct reason *why,
		   const char *fmt, ...)
{
	_text_ struct text place = {.data = NULL};
	char text[sizeof(why->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_line(text);
	add_place(documents, at, &place);
	if (place.r == 0)
		make_line(place.data);
	return fail(why, -EINVAL, "%s: %s", place.r == 0 ? place.data : documents->file_name, text);
}

void documents_prefix(const struct documents *documents, const struct doc_node *at,
		      struct reason *why)
{
	_text_ struct text place = {.data = NULL};

	add_place(documents, at, &place);
	if (place.r < 0)
		return;
	make_line(place.data);
	reason_prefix(why, "%s", place.data);
}
