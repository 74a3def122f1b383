/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite with our errors: one connection a thread, statements prepared once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct reason;
struct sqlite3_stmt;

/* A row cursor; set .db first; ends with db_done() (the cleanup attribute). */
struct db_rows {
	struct db *db;
	struct sqlite3_stmt *stmt;
};

/* Open or create. WAL, so that a reader never waits for the writer. Return: 0, -EROFS, -ENOSPC,
 * -EBADMSG (not a database), …. */
int db_open(const char *path, struct db **ret, struct reason *why);
void db_close(struct db *db);

/*
 * Run a statement without rows. @types has one letter an argument: 's' const char * (NULL allowed),
 * 'i' int64_t, 'u' uint32_t, 'b' const void * and size_t. Return: 0, -ENOSPC, -EROFS, -EEXIST (a
 * constraint), -EIO, ….
 */
int db_run(struct db *db, struct reason *why, const char *sql, const char *types, ...);

/* Start a query; the same letters. */
int db_query(struct db_rows *rows, struct reason *why, const char *sql, const char *types, ...);

/* Return: 1 (a row), 0 (no more), -errno. */
int db_next(struct db_rows *rows, struct reason *why);
void db_done(struct db_rows *rows);

int64_t db_int(const struct db_rows *rows, int column);
uint32_t db_u32(const struct db_rows *rows, int column);

/* Borrowed until the next db_next(); NULL for NULL. */
const char *db_str(const struct db_rows *rows, int column);
const void *db_blob(const struct db_rows *rows, int column, size_t *ret_len);

/* Row id of the last insert. */
int64_t db_last_id(const struct db *db);

/* Run several statements (schema, pragmas, BEGIN …). */
int db_script(struct db *db, const char *sql, struct reason *why);
