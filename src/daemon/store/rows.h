/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the store only: the connection and the packing of small lists into
 * columns. */
#pragma once

#include "daemon/store/db.h"
#include "daemon/store/store.h"

struct text;

struct store {
	struct db *db;
};

#define _rows_ __attribute__((cleanup(db_done)))

void rows_put_labels(struct text *w, const struct labels *labels);
int rows_get_labels(const struct db_rows *rows, int column, struct labels *ret);
void rows_put_globals(struct text *w, const struct program *program);
int rows_get_globals(const struct db_rows *rows, int column, struct program *ret);

/* strdup of a column. Return: 0 or -ENOMEM. */
int rows_get_str(const struct db_rows *rows, int column, char **ret);

/* Cut off or filled with zeroes where the file on disk has another length. */
void rows_get_uuid(const struct db_rows *rows, int column, char ret[static UUID_TEXT_SIZE]);
