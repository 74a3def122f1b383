/* SPDX-License-Identifier: Apache-2.0 */
/* Tables by libsmartcols: columns appear with the cells of the first row. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct table;

/* NULL when out of memory. Bold headings when @f is a terminal and $NO_COLOR is not set. */
struct table *table_new(FILE *f);
void table_free(struct table *table);

/* Each row has the same cells in the same order. */
void table_row(struct table *table);
void table_cell(struct table *table, const char *title, const char *value, bool is_right);

/* Print what was added and forget it. Nothing without rows. Return: 0 or -ENOMEM. */
int table_print(struct table *table);
