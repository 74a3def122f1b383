/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the walk over a table of fields; what a value may be is in schema_value.c. */
#include "manifest/schema.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define SCHEMA_FIELDS_MAX 32

static int fail_unknown(const struct decoder *d, const struct schema *schema,
			const struct doc_node *key)
{
	const char *names[SCHEMA_FIELDS_MAX + 1] = {NULL};
	_text_ struct text all = {.data = NULL};
	const char *nearest;
	size_t n = 0;

	for (const struct field *f = schema->fields; f->name && n < SCHEMA_FIELDS_MAX; f++) {
		names[n++] = f->name;
		text_add(&all, "%s%s", all.len ? ", " : "", f->name);
	}
	nearest = text_nearest(key->text, names);
	if (nearest)
		return documents_fail(d->documents, key, d->why,
				      "unknown field \"%.64s\" in %s: did you mean \"%s\"?",
				      key->text, schema->where, nearest);
	return documents_fail(d->documents, key, d->why,
			      "unknown field \"%.64s\" in %s: the fields are %s", key->text,
			      schema->where, all.data ? all.data : "");
}

/* An object while it is read. @seen: a bit for each row that was given. */
struct target {
	const struct schema *schema;
	void *object;
	uint32_t seen;
};

static int decode_field(const struct decoder *d, struct target *target, const struct doc_node *key,
			const struct doc_node *value)
{
	const struct schema *schema = target->schema;
	const struct field *f = schema->fields;
	uint32_t bit;
	int r;

	while (f->name && strcasecmp(f->name, key->text) != 0)
		f++;
	if (!f->name)
		return fail_unknown(d, schema, key);
	bit = UINT32_C(1) << (f - schema->fields);
	if (target->seen & bit)
		return documents_fail(d->documents, key, d->why, "\"%s\" is given twice in %s",
				      f->name, schema->where);
	if (doc_node_is_null(value))
		return 0;
	target->seen |= bit;
	r = f->decode(d, f, value, target->object);
	if (r == 0 && f->has_offset)
		*(bool *)((char *)target->object + f->has_offset) = true;
	return r;
}

static int check_required(const struct decoder *d, const struct schema *schema,
			  const struct doc_node *node, uint32_t seen)
{
	for (size_t i = 0; schema->fields[i].name; i++)
		if (schema->fields[i].is_required && !(seen & UINT32_C(1) << i))
			return documents_fail(d->documents, node, d->why, "%s has no \"%s\"",
					      schema->where, schema->fields[i].name);
	return 0;
}

static int check_object(const struct decoder *d, const struct schema *schema,
			const struct doc_node *node, const void *object)
{
	int r = schema->check ? schema->check(object, d->why) : 0;

	if (r < 0 && r != -ENOMEM)
		documents_prefix(d->documents, node, d->why);
	return r;
}

static int decode_mapping(const struct decoder *d, const struct schema *schema,
			  const struct doc_node *node, void *object)
{
	struct target target = {.schema = schema, .object = object};

	if (node->kind != DOC_MAPPING)
		return documents_fail(d->documents, node, d->why, "%s wants a mapping, not %s",
				      schema->where, doc_node_describe(node));
	for (size_t i = 0; i + 1 < node->n; i += 2) {
		int r = decode_field(d, &target, node->items[i], node->items[i + 1]);

		if (r < 0)
			return r;
	}
	return check_required(d, schema, node, target.seen);
}

int schema_decode(const struct decoder *d, const struct schema *schema, const struct doc_node *node,
		  void *object)
{
	int r;

	if (schema->decode && node->kind != DOC_MAPPING)
		r = schema->decode(d, node, object);
	else
		r = decode_mapping(d, schema, node, object);
	return r < 0 ? r : check_object(d, schema, node, object);
}

int schema_object(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object)
{
	return schema_decode(d, field->of, node, (char *)object + field->offset);
}

/* The count is set first: whoever frees the object then frees half-read elements too. */
int schema_list(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object)
{
	size_t *count = (size_t *)(void *)((char *)object + field->count_offset);
	char *items;

	if (node->kind != DOC_SEQUENCE)
		return documents_fail(d->documents, node, d->why, "\"%s\" wants a list, not %s",
				      field->name, doc_node_describe(node));
	if (node->n > field->max)
		return documents_fail(d->documents, node, d->why,
				      "\"%s\" has %zu entries; the limit is %zu", field->name,
				      node->n, field->max);
	items = calloc(node->n + 1, field->of->size);
	if (!items)
		return -ENOMEM;
	*(void **)(void *)((char *)object + field->offset) = items;
	*count = node->n;
	for (size_t i = 0; i < node->n; i++) {
		int r = schema_decode(d, field->of, node->items[i], items + i * field->of->size);

		if (r < 0)
			return r;
	}
	return 0;
}
