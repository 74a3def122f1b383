/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two texts, line by line, as diff -u says it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Above this product of differing lines, all of them count as changed. */
#define LINES_CELLS_MAX (4u << 20)

/* Append the hunks that make @b of @a, with three lines around each; nothing when they are equal.
 * Return: 1 they differ, 0 they do not, -ENOMEM. */
int lines_compare(const char *a, const char *b, struct text *t);
