/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from libyaml's events to a tree and every bound on it; knows no field. */
#include "manifest/yaml_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/document.h"

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	const struct documents *documents;
	struct reason *why;
	size_t n_nodes;
};

static int reader_fail(const struct reader *rd, yaml_mark_t at, const char *text)
{
	/* There is no tree yet that a path could be found in. */
	if (rd->documents->is_object)
		return fail(rd->why, -EINVAL, "%s: %s", rd->documents->file_name, text);
	return fail(rd->why, -EINVAL, "%s:%zu:%zu: %s", rd->documents->file_name, at.line + 1,
		    at.column + 1, text);
}

/* Is everything from the begin of the marked line up to the mark indentation, and a tab there? */
static bool is_tab_indent(const struct reader *rd, yaml_mark_t at)
{
	const char *p = rd->text, *end = rd->text + rd->len;

	for (; at.line > 0 && p; at.line--) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	for (; p && p < end && at.column > 0 && (*p == ' ' || *p == '\t'); p++)
		at.column--;
	return p && p < end && at.column == 0 && *p == '\t';
}

/* The reader of libyaml knows only the byte at which the text is no text. */
static int fail_at_byte(const struct reader *rd, size_t offset)
{
	yaml_mark_t at = {.line = 0};
	const char *begin = rd->text;

	if (offset > rd->len)
		offset = rd->len;
	for (size_t i = 0; i < offset; i++)
		if (rd->text[i] == '\n') {
			at.line++;
			begin = rd->text + i + 1;
		}
	for (const char *p = begin; p < rd->text + offset; p++)
		at.column += (*p & 0xc0) != 0x80;
	if (offset < rd->len && rd->text[offset] == '\0')
		return reader_fail(rd, at, "NUL byte: this is not a text");
	return reader_fail(rd, at,
			   "control character or invalid UTF-8: save the file as plain UTF-8 text");
}

static int parser_fail(const struct reader *rd)
{
	const yaml_parser_t *p = &rd->parser;
	const char *context = p->context ? p->context : "";
	char text[256];

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->error == YAML_READER_ERROR)
		return fail_at_byte(rd, p->problem_offset);
	if ((p->problem && strstr(p->problem, "tab character")) ||
	    is_tab_indent(rd, p->problem_mark))
		return reader_fail(rd, p->problem_mark,
				   "tab in the indentation: YAML wants spaces there");
	snprintf(text, sizeof(text), "not valid YAML: %s%s%s", p->problem ? p->problem : "?",
		 *context ? " " : "", context);
	return reader_fail(rd, p->problem_mark, text);
}

static int next_event(struct reader *rd, yaml_event_t *ret)
{
	if (!yaml_parser_parse(&rd->parser, ret))
		return parser_fail(rd);
	return 0;
}

static const char *event_refusal(const yaml_event_t *e)
{
	const void *anchor = NULL, *tag = NULL;

	if (e->type == YAML_ALIAS_EVENT)
		return "alias (\"*name\"): write the value out";
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor)
		return "anchor (\"&name\"): write the value out where it is needed";
	return tag ? "tag (\"!name\"): leave it out" : NULL;
}

static int read_scalar(const struct reader *rd, const yaml_event_t *e, struct doc_node *node)
{
	const char *value = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;

	node->kind = DOC_SCALAR;
	node->is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (memchr(value, '\0', len) || !text_is_clean_multiline(value, len))
		return reader_fail(rd, e->start_mark,
				   "control character in a string: write \"hex:…\" for bytes");
	node->text = strndup(value, len);
	return node->text ? 0 : -ENOMEM;
}

static int add_item(struct doc_node *node, struct doc_node *item)
{
	if ((node->n & (node->n - 1)) == 0) {
		size_t cap = node->n ? node->n * 2 : 1;
		struct doc_node **items = realloc(node->items, cap * sizeof(*items));

		if (!items) {
			doc_node_free(item);
			return -ENOMEM;
		}
		node->items = items;
	}
	node->items[node->n++] = item;
	return 0;
}

static int check_key(const struct reader *rd, const struct doc_node *key)
{
	yaml_mark_t at = {.line = key->line - 1, .column = key->column - 1};

	if (key->kind != DOC_SCALAR)
		return reader_fail(rd, at, "a key must be a single word, not a list or mapping");
	if (key->is_plain && strcmp(key->text, "<<") == 0)
		return reader_fail(rd, at, "merge key (\"<<\"): write the fields out");
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct doc_node *x = *(struct doc_node *const *)a, *y = *(struct doc_node *const *)b;
	int r = strcmp(x->text, y->text);

	if (r != 0)
		return r;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

/* Sorted, because a mapping of 50,000 keys compared pairwise takes seconds. */
static int check_duplicates(const struct reader *rd, const struct doc_node *node)
{
	size_t n = node->n / 2;
	_free_ struct doc_node **keys = calloc(n + 1, sizeof(struct doc_node *));

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		keys[i] = node->items[2 * i];
	qsort(keys, n, sizeof(struct doc_node *), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
			return documents_fail(rd->documents, keys[i], rd->why,
					      "\"%.64s\" is given twice, first in line %u",
					      keys[i]->text, keys[i - 1]->line);
	return 0;
}

static int read_node(struct reader *rd, const yaml_event_t *e, unsigned int depth,
		     struct doc_node **ret);

static int read_items(struct reader *rd, struct doc_node *node, yaml_event_type_t end,
		      unsigned int depth)
{
	for (;;) {
		_cleanup_(yaml_event_delete) yaml_event_t e = {.type = YAML_NO_EVENT};
		struct doc_node *item = NULL;
		int r = next_event(rd, &e);

		if (r < 0)
			return r;
		if (e.type == end)
			return node->kind == DOC_MAPPING ? check_duplicates(rd, node) : 0;
		r = read_node(rd, &e, depth, &item);
		if (r < 0)
			return r;
		r = add_item(node, item);
		if (r < 0)
			return r;
		if (node->kind == DOC_MAPPING && node->n % 2 == 1 && (r = check_key(rd, item)) < 0)
			return r;
	}
}

static int read_value(struct reader *rd, const yaml_event_t *e, unsigned int depth,
		      struct doc_node *node)
{
	if (e->type == YAML_SCALAR_EVENT)
		return read_scalar(rd, e, node);
	if (depth >= YAML_DEPTH_MAX)
		return reader_fail(rd, e->start_mark, "nested deeper than 32 levels");
	if (e->type == YAML_SEQUENCE_START_EVENT) {
		node->kind = DOC_SEQUENCE;
		return read_items(rd, node, YAML_SEQUENCE_END_EVENT, depth + 1);
	}
	node->kind = DOC_MAPPING;
	return read_items(rd, node, YAML_MAPPING_END_EVENT, depth + 1);
}

static int read_node(struct reader *rd, const yaml_event_t *e, unsigned int depth,
		     struct doc_node **ret)
{
	_cleanup_(doc_node_free_p) struct doc_node *node = NULL;
	const char *refusal = event_refusal(e);
	int r;

	if (refusal)
		return reader_fail(rd, e->start_mark, refusal);
	if (++rd->n_nodes > YAML_NODES_MAX)
		return reader_fail(rd, e->start_mark, "more than 100000 values in one text");
	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->line = (unsigned int)e->start_mark.line + 1;
	node->column = (unsigned int)e->start_mark.column + 1;
	r = read_value(rd, e, depth, node);
	if (r < 0)
		return r;
	*ret = take_ptr(node);
	return 0;
}

static int add_root(struct documents *documents, struct doc_node *root)
{
	struct doc_node **roots;

	if (doc_node_is_null(root)) {
		doc_node_free(root);
		return 0;
	}
	roots = realloc(documents->roots, (documents->n + 1) * sizeof(*roots));
	if (!roots) {
		doc_node_free(root);
		return -ENOMEM;
	}
	documents->roots = roots;
	documents->roots[documents->n++] = root;
	return 0;
}

static int read_stream(struct reader *rd, struct documents *documents)
{
	for (;;) {
		_cleanup_(yaml_event_delete) yaml_event_t e = {.type = YAML_NO_EVENT};
		struct doc_node *root = NULL;
		int r = next_event(rd, &e);

		if (r < 0)
			return r;
		if (e.type == YAML_STREAM_END_EVENT)
			return 0;
		if (e.type == YAML_STREAM_START_EVENT || e.type == YAML_DOCUMENT_START_EVENT ||
		    e.type == YAML_DOCUMENT_END_EVENT)
			continue;
		r = read_node(rd, &e, 0, &root);
		if (r == 0)
			r = add_root(documents, root);
		if (r < 0)
			return r;
	}
}

int yaml_read(const char *text, size_t len, const char *file_name, struct documents *ret,
	      struct reason *why)
{
	_cleanup_(documents_done) struct documents documents = {.is_object = !file_name};
	struct reader rd = {.text = text, .len = len, .documents = &documents, .why = why};
	int r;

	file_name = file_name ? file_name : "object";
	if (len > YAML_SIZE_MAX)
		return fail(why, -EFBIG, "%s: %zu bytes; the limit is %u", file_name, len,
			    YAML_SIZE_MAX);
	documents.file_name = strdup(file_name);
	if (!documents.file_name || !yaml_parser_initialize(&rd.parser))
		return fail(why, -ENOMEM, "out of memory");
	yaml_parser_set_encoding(&rd.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&rd.parser, (const unsigned char *)text, len);
	r = read_stream(&rd, &documents);
	yaml_parser_delete(&rd.parser);
	if (r < 0)
		return fail(why, r, "%s: out of memory", file_name);
	*ret = documents;
	memset(&documents, 0, sizeof(documents));
	return 0;
}
