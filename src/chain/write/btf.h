/* SPDX-License-Identifier: Apache-2.0 */
/* Raw BTF: writing types and strings, and a bounded view of foreign ones. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define BTF_STRINGS_MAX (12u << 20) /* the kernel: 16 MiB in all */

/* @table: hashed offsets of @strings, by which each is written once. */
struct btf_writer {
	struct text types;
	struct text strings;
	uint32_t n_types;
	uint32_t *table;
	uint32_t table_size;
	uint32_t n_strings;
	int r;
};

void btf_writer_done(struct btf_writer *b);
/* Offset of a string; 0, the empty one, when there is no more room. */
uint32_t btf_add_string(struct btf_writer *b, const char *s);

/* The id of a new type; its body follows by btf_add_word(). @info: btf_info() below. */
uint32_t btf_add_type(struct btf_writer *b, uint32_t name, uint32_t info, uint32_t size_or_type);
void btf_add_word(struct btf_writer *b, uint32_t word);

/* Everything with its header, on the heap. Return: 0 or -ENOMEM. */
int btf_write(struct btf_writer *b, void **ret, size_t *ret_len);

static inline uint32_t btf_info(uint32_t kind, uint32_t vlen)
{
	return kind << 24 | vlen;
}

/* @offsets: of the types, by id; 1 is the first. */
struct btf_reader {
	const unsigned char *types;
	const char *strings;
	uint32_t strings_len;
	uint32_t *offsets;
	uint32_t n;
};

/* One type: its head and where its body is. */
struct btf_head {
	uint32_t name;
	uint32_t kind;
	uint32_t vlen;
	uint32_t info; /* kind, and the flag of some kinds */
	uint32_t size_or_type;
	const unsigned char *body;
};

/* Return: 0, -EINVAL (not BTF that we understand), -ENOMEM. */
int btf_read(struct btf_reader *rd, const void *data, size_t len);
void btf_reader_done(struct btf_reader *rd);

/* "" for what is none. */
const char *btf_read_string(const struct btf_reader *rd, uint32_t offset);
/* All zero for what is no type. */
struct btf_head btf_read_type(const struct btf_reader *rd, uint32_t id);
uint32_t btf_read_word(const struct btf_head *head, uint32_t i);
