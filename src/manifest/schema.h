/* SPDX-License-Identifier: Apache-2.0 */
/* Trees to structs by tables: one row a field, so that unknown and misspelt fields are errors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "manifest/document.h"

struct reason;
struct schema;

/* What every decoder needs for its errors. */
struct decoder {
	const struct documents *documents;
	struct reason *why;
};

/**
 * struct field - one row.
 * @name:   as the documentation spells it; letters of either case are accepted.
 * @decode: how the value is read; @at below is (char *)object + offset.
 * @offset: of the member in the object.
 * @of:     schema_decode_object(), schema_decode_list(): schema of the object or the elements.
 * @count_offset, @max: schema_decode_list() and …_strings(): the size_t member, the bound.
 * @has_offset: of a bool that becomes true when the field is given; 0: none (so it cannot be the
 *              first member).
 * @is_required: not giving it is an error.
 *
 * A field whose value is null counts as not given.
 */
struct field {
	const char *name;
	int (*decode)(const struct decoder *d, const struct field *field,
		      const struct doc_node *node, void *object);
	size_t offset;
	const struct schema *of;
	size_t count_offset;
	size_t max;
	size_t has_offset;
	bool is_required;
};

/**
 * struct schema - the fields of one kind of object.
 * @where:  for errors: "spec.programs[]".
 * @size:   of the object in bytes; elements of lists begin as zeroes.
 * @fields: ends with a row without name.
 * @decode: NULL, or reads a value that is not a mapping (a hook given as its text).
 * @check:  NULL, or looks at the whole object; its text gets the position put before it.
 */
struct schema {
	const char *where;
	size_t size;
	const struct field *fields;
	int (*decode)(const struct decoder *d, const struct doc_node *node, void *object);
	int (*check)(const void *object, struct reason *why);
};

/* Decode a mapping into @object. On failure @object is half filled; its owner frees it as usual. */
int schema_decode(const struct decoder *d, const struct schema *schema, const struct doc_node *node,
		  void *object);

int schema_string(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object); /* char *: not a number, boolean or null */
int schema_text(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object); /* char *: any scalar as written */
int schema_bool(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object); /* bool */
int schema_u32(const struct decoder *d, const struct field *field, const struct doc_node *node,
	       void *object); /* uint32_t, decimal */
int schema_mode(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object); /* uint32_t, octal with a leading 0 */
int schema_labels(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object); /* struct labels */
int schema_strings(const struct decoder *d, const struct field *field, const struct doc_node *node,
		   void *object); /* char **, size_t */
int schema_object(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object); /* struct by .of */
int schema_list(const struct decoder *d, const struct field *field, const struct doc_node *node,
		void *object); /* struct * by .of, size_t */
int schema_ignore(const struct decoder *d, const struct field *field, const struct doc_node *node,
		  void *object); /* anything */

/* A new string of a scalar that must be one; for decoders of one's own. Return: 0 or -errno. */
int schema_get_string(const struct decoder *d, const struct doc_node *node, const char *what,
		      char **ret);

/* The same for any scalar, as written. */
int schema_get_text(const struct decoder *d, const struct doc_node *node, const char *what,
		    char **ret);
