/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the use of libsmartcols. */
#include "cli/output/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* Wider cells let their row stick out rather than be cut: what is printed can be copied. */
struct table {
	FILE *f;
	bool has_colour;
	struct libscols_table *rows;
	struct libscols_line *row;
	size_t n_columns;
	size_t at;
	int r;
};

struct table *table_new(FILE *f)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->f = f;
	t->has_colour = isatty(fileno(f)) && !getenv("NO_COLOR");
	/* Widths of characters that are not ASCII. */
	setlocale(LC_CTYPE, "");
	return t;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->rows);
	free(table);
}

void table_row(struct table *table)
{
	if (!table->rows) {
		table->rows = scols_new_table();
		if (!table->rows) {
			table->r = -ENOMEM;
			return;
		}
		scols_table_enable_colors(table->rows, table->has_colour);
		scols_table_set_stream(table->rows, table->f);
		scols_table_set_column_separator(table->rows, "  ");
		table->n_columns = 0;
	}
	table->row = scols_table_new_line(table->rows, NULL);
	table->at = 0;
	if (!table->row)
		table->r = -ENOMEM;
}

void table_cell(struct table *table, const char *title, const char *value, bool is_right)
{
	int flags = is_right ? SCOLS_FL_RIGHT : 0;

	if (table->r < 0)
		return;
	if (table->at == table->n_columns) {
		struct libscols_column *c = scols_table_new_column(table->rows, title, 0, flags);

		if (!c) {
			table->r = -ENOMEM;
			return;
		}
		if (table->has_colour)
			scols_cell_set_color(scols_column_get_header(c), "bold");
		table->n_columns++;
	}
	if (scols_line_set_data(table->row, table->at++, *value ? value : "-") < 0)
		table->r = -ENOMEM;
}

int table_print(struct table *table)
{
	int r = table->r;

	if (r == 0 && table->rows)
		r = scols_print_table(table->rows);
	scols_unref_table(table->rows);
	table->rows = NULL;
	return r;
}
