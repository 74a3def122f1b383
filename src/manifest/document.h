/* SPDX-License-Identifier: Apache-2.0 */
/* What a YAML or JSON text says, as a tree that remembers where each thing stood. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct reason;

enum doc_kind { DOC_SCALAR, DOC_SEQUENCE, DOC_MAPPING };

/**
 * struct doc_node - one value.
 * @line, @column: where it begins, from 1.
 * @is_plain: a scalar without quotes.
 * @text:     scalar: clean UTF-8, may hold line feeds and tabs; NULL for the others.
 * @items:    sequence: its elements. Mapping: key, value, key, value, …; keys are scalars, unique.
 * @n:        number of @items.
 */
struct doc_node {
	enum doc_kind kind;
	unsigned int line;
	unsigned int column;
	bool is_plain;
	char *text;
	struct doc_node **items;
	size_t n;
};

void doc_node_free(struct doc_node *node);
void doc_node_free_p(struct doc_node **node);

/* Nothing was written there: an empty plain scalar, "~" or "null". */
bool doc_node_is_null(const struct doc_node *node);

/* The value of @key in a mapping, letters of either case; NULL if there is none. */
const struct doc_node *doc_node_find(const struct doc_node *mapping, const char *key);

/* "a mapping", "a list", "a string": for errors. */
const char *doc_node_describe(const struct doc_node *node);

/**
 * struct documents - the documents of one text.
 * @file_name: what errors begin with; owned.
 * @is_object: not written by hand but an object of an API server: errors begin with the path of the
 *             field instead, and there is no directory that relative paths count from.
 */
struct documents {
	char *file_name;
	bool is_object;
	struct doc_node **roots;
	size_t n;
};

void documents_done(struct documents *documents);

/* Record "FILE:LINE:COL: text", or "spec.programs[0]: text" for an object, with -EINVAL and return
 * it. */
int documents_fail(const struct documents *documents, const struct doc_node *at, struct reason *why,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Put the same before a text that is there. */
void documents_prefix(const struct documents *documents, const struct doc_node *at,
		      struct reason *why);
