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

int documents_fail(const struct documents *documents, const struct doc_node *at, struct reason *why,
		   const char *fmt, ...)
{
	char text[sizeof(why->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	make_line(text);
	return fail(why, -EINVAL, "%s:%u:%u: %s", documents->file_name, at->line, at->column, text);
}
