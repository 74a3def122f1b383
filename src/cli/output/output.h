/* SPDX-License-Identifier: Apache-2.0 */
/* Records in any of the formats of "-o": a noun says its fields once, for all of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

struct output;

enum output_format {
	OUTPUT_TABLE,
	OUTPUT_WIDE,
	OUTPUT_JSON,
	OUTPUT_YAML,
	OUTPUT_NAME,   /* "program/counter" a line */
	OUTPUT_DETAIL, /* "Title: value" a line */
	_OUTPUT_FORMAT_MAX
};

/* @name NULL is OUTPUT_TABLE. Return: 0 or -EINVAL. */
int output_parse_format(const char *name, enum output_format *ret);

/* NULL when out of memory. */
struct output *output_new(enum output_format format, FILE *f);
enum output_format output_format(const struct output *out);

/* Print what is still held back. Return: 0 or -ENOMEM. */
int output_finish(struct output *out);
void output_free(struct output *out);

/* Records between these are a list: {"programs": [ ... ]}; at the outermost level or in a record.
 * In detail: a heading and a table. */
void output_list(struct output *out, const char *key);
void output_list_end(struct output *out);

/* @noun and @name for OUTPUT_NAME. */
void output_record(struct output *out, const char *noun, const char *name);
void output_record_end(struct output *out);

/*
 * Fields. @key: for JSON and YAML, never changed once released; NULL: not there. @title: of the
 * column; "+TITLE" is shown in wide and detail only, NULL in JSON and YAML only.
 */
void output_text(struct output *out, const char *key, const char *title, const char *value);
void output_number(struct output *out, const char *key, const char *title, uint64_t value);
void output_bool(struct output *out, const char *key, const char *title, bool value);

/* Seconds since 1970: how long ago, in tables; RFC 3339 in JSON and YAML. 0 is no time. */
void output_time(struct output *out, const char *key, const char *title, uint64_t value);

/* Several words, or pairs, in one field. */
void output_words(struct output *out, const char *key, const char *title);
void output_word(struct output *out, const char *word);
void output_word_number(struct output *out, uint64_t word);
void output_words_end(struct output *out);
void output_pairs(struct output *out, const char *key, const char *title);
void output_pair(struct output *out, const char *key, const char *value);
void output_pairs_end(struct output *out);

static inline void output_free_p(struct output **out)
{
	output_free(*out);
}

#define _output_ _cleanup_(output_free_p)
