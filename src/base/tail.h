/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes with a name behind the bytes of a file: readers of the file do not see them, who knows of
 * them finds them from the end. */
#pragma once

#include <stddef.h>

struct text;

#define TAIL_NAME_MAX 127

/* Append a tail to the whole file in @file; .r has errors. */
void tail_add(struct text *file, const char *name, const void *data, size_t len);

/* The tail of @len bytes, if it has that name; borrowed. NULL: none. */
const void *tail_find(const void *data, size_t len, const char *name, size_t *ret_len);
