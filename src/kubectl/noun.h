/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of objects that get, describe and completion know. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct kubectl;
struct output;

/**
 * struct noun - one row.
 * @name:       plural, as in "get configs". @aliases: other spellings, NULL at the end.
 * @collection: at the API server.
 * @show:       the columns of one object.
 * @describe:   the whole story of one object.
 */
struct noun {
	const char *name;
	const char *const *aliases;
	const char *collection;
	void (*show)(struct output *out, const json_t *object);
	int (*describe)(struct kubectl *k, const json_t *object);
};

/* By any of its spellings, up to @len bytes of @word; NULL: none. */
const struct noun *noun_find(const char *word, size_t len);

/* The i-th, NULL behind the last. */
const struct noun *noun_at(size_t i);

/* The name in "NOUN/NAME" or in "NAME". */
const char *noun_strip(const char *word);

int noun_describe_config(struct kubectl *k, const json_t *config);
int noun_describe_program(struct kubectl *k, const json_t *program);
int noun_describe_node(struct kubectl *k, const json_t *node);
