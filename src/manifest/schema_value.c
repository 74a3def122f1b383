/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a single value may be: YAML's plain words are read strictly, as Kubernetes would. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "manifest/schema.h"
#include "model/labels.h"

static bool is_word_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(s, *words) == 0)
			return true;
	return false;
}

static const char *const booleans[] = {"true", "false", NULL};
static const char *const old_booleans[] = {"yes", "no", "on", "off", NULL};

/* Would a YAML reader take the plain word for a number? */
static bool is_number(const char *s)
{
	static const char *const words[] = {".inf", ".nan", NULL};
	char *end;

	s += *s == '-' || *s == '+';
	if (is_word_of(s, words) || (strncmp(s, "0o", 2) == 0 && isdigit((unsigned char)s[2])))
		return true;
	if (!isdigit((unsigned char)*s) && !(*s == '.' && isdigit((unsigned char)s[1])))
		return false;
	strtod(s, &end);
	return *end == '\0';
}

/* What a plain word is instead of a string; NULL: a string. */
static const char *plain_type(const struct doc_node *node)
{
	if (!node->is_plain)
		return NULL;
	if (doc_node_is_null(node))
		return "nothing";
	if (is_word_of(node->text, booleans) || is_word_of(node->text, old_booleans))
		return "a boolean";
	return is_number(node->text) ? "a number" : NULL;
}

static int check_scalar(const struct decoder *d, const struct doc_node *node, const char *what)
{
	if (node->kind != DOC_SCALAR)
		return documents_fail(d->documents, node, d->why, "\"%s\" wants a string, not %s",
				      what, doc_node_describe(node));
	return 0;
}

int schema_get_string(const struct decoder *d, const struct doc_node *node, const char *what,
		      char **ret)
{
	int r = check_scalar(d, node, what);
	const char *type;

	if (r < 0)
		return r;
	type = plain_type(node);
	if (type)
		return documents_fail(
			d->documents, node, d->why,
			"\"%s\" wants a string, but %.32s without quotes is %s: write \"%.32s\"",
			what, *node->text ? node->text : "an empty value", type, node->text);
	return text_set(ret, node->text);
}

int schema_string(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	return schema_get_string(d, node, field->name,
				 (char **)(void *)((char *)object + field->offset));
}

int schema_get_text(const struct decoder *d, const struct doc_node *node, const char *what,
		    char **ret)
{
	int r = check_scalar(d, node, what);

	if (r < 0)
		return r;
	if (doc_node_is_null(node))
		return documents_fail(d->documents, node, d->why, "\"%s\" has no value", what);
	if (node->is_plain && is_word_of(node->text, old_booleans))
		return documents_fail(
			d->documents, node, d->why,
			"\"%s\": %s means true or false to some readers: write true, false "
			"or \"%s\" in quotes",
			what, node->text, node->text);
	return text_set(ret, node->text);
}

int schema_text(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object)
{
	return schema_get_text(d, node, field->name,
			       (char **)(void *)((char *)object + field->offset));
}

int schema_bool(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object)
{
	bool *ret = (bool *)((char *)object + field->offset);

	if (node->kind != DOC_SCALAR)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants true or false, not %s", field->name,
				      doc_node_describe(node));
	if (!node->is_plain ||
	    (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0))
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants true or false without quotes, not \"%.32s\"",
				      field->name, node->text);
	*ret = node->text[0] == 't';
	return 0;
}

int schema_u32(const struct decoder *d, const struct field *field, const struct doc_node *node,
	       void *object)
{
	uint32_t *ret = (uint32_t *)(void *)((char *)object + field->offset);

	if (node->kind != DOC_SCALAR)
		return documents_fail(d->documents, node, d->why, "\"%s\" wants a number, not %s",
				      field->name, doc_node_describe(node));
	/* 010 is 8 to a reader of YAML 1.1 and 10 to one of 1.2. */
	if (!node->is_plain || (node->text[0] == '0' && node->text[1]) ||
	    text_parse_u32(node->text, ret) < 0)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants a whole number without quotes, not \"%.32s\"",
				      field->name, node->text);
	return 0;
}

/* "0640" or "0o640". Return: 0 or -EINVAL. */
static int parse_octal(const char *s, uint32_t *ret)
{
	unsigned long mode;
	char *end;

	if (s[0] != '0')
		return -EINVAL;
	s += s[1] == 'o' ? 2 : 1;
	if (!isdigit((unsigned char)*s) || strlen(s) > 4)
		return -EINVAL;
	mode = strtoul(s, &end, 8);
	if (*end)
		return -EINVAL;
	*ret = (uint32_t)mode;
	return 0;
}

/* A decimal number is refused: 400 would quietly be 0620. */
int schema_mode(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object)
{
	uint32_t *ret = (uint32_t *)(void *)((char *)object + field->offset);

	if (node->kind == DOC_SCALAR && parse_octal(node->text, ret) == 0)
		return 0;
	return documents_fail(d->documents, node, d->why,
			      "\"%s\" wants an octal mode with a leading zero, as \"0640\"",
			      field->name);
}

int schema_labels(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	struct labels *labels = (struct labels *)(void *)((char *)object + field->offset);

	if (node->kind != DOC_MAPPING)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants a mapping of names to strings, not %s",
				      field->name, doc_node_describe(node));
	for (size_t i = 0; i + 1 < node->n; i += 2) {
		const struct doc_node *key = node->items[i];
		_free_ char *value = NULL;
		struct reason inner = {.code = 0};
		int r = schema_get_string(d, node->items[i + 1], key->text, &value);

		if (r < 0)
			return r;
		r = labels_set(labels, key->text, value, &inner);
		if (r < 0 && r != -ENOMEM)
			return documents_fail(d->documents, key, d->why, "%s", inner.text);
		if (r < 0)
			return r;
	}
	return 0;
}

int schema_strings(const struct decoder *d, const struct field *field, const struct doc_node *node,
		   void *object)
{
	size_t *count = (size_t *)(void *)((char *)object + field->count_offset);
	char **items;

	if (node->kind != DOC_SEQUENCE)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" wants a list, as [a, b], not %s", field->name,
				      doc_node_describe(node));
	if (node->n > field->max)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" has %zu entries; the limit is %zu", field->name,
				      node->n, field->max);
	items = calloc(node->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	*(char ***)(void *)((char *)object + field->offset) = items;
	*count = node->n;
	for (size_t i = 0; i < node->n; i++) {
		int r = schema_get_string(d, node->items[i], field->name, &items[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

int schema_ignore(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	(void)d;
	(void)field;
	(void)node;
	(void)object;
	return 0;
}
