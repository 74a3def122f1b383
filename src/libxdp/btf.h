/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the few BTF types that functions of XDP programs need. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Types and strings being written; ends with btf_done(). @n: number of types = id of the last. */
struct btf_writer {
	struct text types;
	struct text strings;
	uint32_t n;
};

void btf_done(struct btf_writer *w);

/* Begin empty; out of memory shows in btf_finish(). */
void btf_begin(struct btf_writer *w);

/* Begin with what is there, so that its ids stay valid. Return: 0, -EBADMSG (not understood). */
int btf_begin_with(struct btf_writer *w, const void *data, size_t len);

/* int (struct xdp_md *ctx). Return: its id. */
uint32_t btf_add_prototype(struct btf_writer *w);

/* int (void), for functions of which nothing is known. */
uint32_t btf_add_prototype_empty(struct btf_writer *w);

/* What cannot stand in a name of C becomes '_'; cut to @size, at least 2. */
void btf_clean_name(const char *name, char *ret, size_t size);

/* @name is cleaned. Return: its id. */
uint32_t btf_add_function(struct btf_writer *w, const char *name, uint32_t prototype,
			  bool is_global);

/* The bytes for bpf_btf_load(). Return: 0 or -ENOMEM. */
int btf_finish(const struct btf_writer *w, struct text *ret);

/* Name of function @id in foreign bytes; NULL when there is none. Borrowed. */
const char *btf_find_function(const void *data, size_t len, uint32_t id);
