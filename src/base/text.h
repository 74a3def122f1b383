/* SPDX-License-Identifier: Apache-2.0 */
/* Text: a growing buffer, checks of foreign strings, numbers, nearest names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/**
 * struct text - a growing string.
 * @data: NUL-terminated, or NULL while empty; owned.
 * @r:    0, or -ENOMEM once an addition failed; later additions do nothing (check once, at the
 * end).
 */
struct text {
	char *data;
	size_t len;
	size_t cap;
	int r;
};

void text_done(struct text *t);
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *t, const void *data, size_t len);

/* Give the string (never NULL unless out of memory) to the caller and become empty. */
char *text_take(struct text *t);

#define _text_ _cleanup_(text_done)

/* Is it valid UTF-8 without control characters, at most @max bytes? */
bool text_is_clean(const char *s, size_t max);

/* The same, and line feeds and tabs are allowed. */
bool text_is_clean_multiline(const char *s, size_t max);

/* A name: [A-Za-z0-9] first, then also '_', '.', '-'; 1 to @max bytes. */
bool text_is_name(const char *s, size_t max);

/* Decimal, no sign, no spaces. Return: 0, -EINVAL, -ERANGE (above @max). */
int text_parse_u64(const char *s, uint64_t max, uint64_t *ret);
int text_parse_u32(const char *s, uint32_t *ret);

/* Decimal or 0x hexadecimal, an optional minus. Return: 0, -EINVAL, -ERANGE. */
int text_parse_number(const char *s, int64_t *ret);

/* The entry of @names (NULL at the end) nearest to @s, or NULL when none is near (for "did you
 * mean"). */
const char *text_nearest(const char *s, const char *const *names);

/* strdup() that maps NULL to NULL; text_set() replaces *dst. Return: 0 or -ENOMEM. */
int text_set(char **dst, const char *s);
