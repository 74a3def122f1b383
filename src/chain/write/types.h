/* SPDX-License-Identifier: Apache-2.0 */
/* BTF of a segment: its functions, and copies of the types that global ones of members take. */
#pragma once

#include "chain/write/btf.h"

/* @map: by id in @from the id in @to, 0: not copied. */
struct types_copy {
	struct btf_writer *to;
	struct btf_reader from;
	uint32_t *map;
};

/* Return: 0 (without types when @data is no BTF), -ENOMEM. */
int types_copy_init(struct types_copy *c, struct btf_writer *to, const void *data, size_t len);
void types_copy_done(struct types_copy *c);

/* "int f(void)", for static functions, and "int f(struct CONTEXT *ctx)". */
struct types_own {
	uint32_t static_proto;
	uint32_t context_proto;
};
struct types_own types_add_own(struct btf_writer *to, const char *context);

/* A FUNC as the member has it; static ones get @static_proto. 0: @id is none. */
uint32_t types_copy_func(struct types_copy *c, uint32_t id, uint32_t static_proto);
/* The tags of copied global functions and of their arguments. */
void types_copy_tags(struct types_copy *c);

#define TYPES_STATIC 0
#define TYPES_GLOBAL 1
uint32_t types_add_func(struct btf_writer *to, const char *name, uint32_t proto, uint32_t linkage);

/* @name as an identifier of C in @ret. */
void types_format_name(const char *name, char ret[static 64]);
