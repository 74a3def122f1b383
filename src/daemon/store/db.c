/* SPDX-License-Identifier: Apache-2.0 */
/* Owns SQLite's calls and the words for its errors; knows no table. */
#include "daemon/store/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"

#define STATEMENTS_MAX 96

struct db {
	sqlite3 *handle;
	char *path;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} cache[STATEMENTS_MAX];
	size_t n_cached;
};

static int error_of(struct db *db, int rc, struct reason *why)
{
	static const struct {
		int sqlite, error;
		const char *text;
	} table[] = {
		{SQLITE_FULL, -ENOSPC, "no space left"},
		{SQLITE_READONLY, -EROFS, "it is read-only"},
		{SQLITE_CANTOPEN, -EACCES, "it cannot be opened"},
		{SQLITE_CONSTRAINT, -EEXIST, "an entry of that name exists"},
		{SQLITE_BUSY, -EAGAIN, "another process uses it"},
		{SQLITE_NOTADB, -EBADMSG, "it is not a database"},
		{SQLITE_CORRUPT, -EBADMSG, "it is damaged"},
		{SQLITE_NOMEM, -ENOMEM, "out of memory"},
	};

	for (size_t i = 0; i < array_size(table); i++)
		if ((rc & 0xff) == table[i].sqlite)
			return fail(why, table[i].error, "state %s: %s (%s)", db->path,
				    table[i].text, sqlite3_errmsg(db->handle));
	return fail(why, -EIO, "state %s: %s", db->path, sqlite3_errmsg(db->handle));
}

static void db_closep(struct db **db)
{
	db_close(*db);
}

int db_open(const char *path, struct db **ret, struct reason *why)
{
	_cleanup_(db_closep) struct db *db = calloc(1, sizeof(*db));
	int rc;

	if (!db || !(db->path = strdup(path)))
		return fail(why, -ENOMEM, "out of memory");
	rc = sqlite3_open_v2(path, &db->handle,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_NOFOLLOW,
			     NULL);
	if (rc != SQLITE_OK)
		return error_of(db, rc, why);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, 2000);
	*ret = take_ptr(db);
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n_cached; i++)
		sqlite3_finalize(db->cache[i].stmt);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

static int statement(struct db *db, const char *sql, sqlite3_stmt **ret, struct reason *why)
{
	int rc;

	for (size_t i = 0; i < db->n_cached; i++) {
		if (db->cache[i].sql == sql) {
			*ret = db->cache[i].stmt;
			return 0;
		}
	}
	if (db->n_cached == STATEMENTS_MAX)
		return fail(why, -ENOBUFS, "too many prepared statements");
	rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
	if (rc != SQLITE_OK)
		return error_of(db, rc, why);
	db->cache[db->n_cached].sql = sql;
	db->cache[db->n_cached++].stmt = *ret;
	return 0;
}

static int bind(sqlite3_stmt *stmt, const char *types, va_list *ap)
{
	for (int i = 1; *types; types++, i++) {
		int rc = SQLITE_MISUSE;

		if (*types == 's')
			rc = sqlite3_bind_text(stmt, i, va_arg(*ap, const char *), -1,
					       SQLITE_STATIC);
		else if (*types == 'i')
			rc = sqlite3_bind_int64(stmt, i, va_arg(*ap, int64_t));
		else if (*types == 'u')
			rc = sqlite3_bind_int64(stmt, i, va_arg(*ap, uint32_t));
		else if (*types == 'b') {
			const void *data = va_arg(*ap, const void *);

			rc = sqlite3_bind_blob64(stmt, i, data, va_arg(*ap, size_t), SQLITE_STATIC);
		}
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

static int bind_checked(struct db *db, sqlite3_stmt *stmt, const char *types, va_list *ap,
			struct reason *why)
{
	int rc = bind(stmt, types, ap);

	return rc == SQLITE_OK ? 0 : error_of(db, rc, why);
}

int db_run(struct db *db, struct reason *why, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int rc, r = statement(db, sql, &stmt, why);

	if (r < 0)
		return r;
	va_start(ap, types);
	r = bind_checked(db, stmt, types, &ap, why);
	va_end(ap);
	if (r < 0)
		return r;
	do {
		rc = sqlite3_step(stmt);
	} while (rc == SQLITE_ROW);
	r = rc == SQLITE_DONE ? 0 : error_of(db, rc, why);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return r;
}

int db_query(struct db_rows *rows, struct reason *why, const char *sql, const char *types, ...)
{
	va_list ap;
	int r = statement(rows->db, sql, &rows->stmt, why);

	if (r < 0)
		return r;
	va_start(ap, types);
	r = bind_checked(rows->db, rows->stmt, types, &ap, why);
	va_end(ap);
	return r;
}

int db_next(struct db_rows *rows, struct reason *why)
{
	int rc = sqlite3_step(rows->stmt);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : error_of(rows->db, rc, why);
}

void db_done(struct db_rows *rows)
{
	if (!rows->stmt)
		return;
	sqlite3_reset(rows->stmt);
	sqlite3_clear_bindings(rows->stmt);
	rows->stmt = NULL;
}

int64_t db_int(const struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->stmt, column);
}

uint32_t db_u32(const struct db_rows *rows, int column)
{
	return (uint32_t)sqlite3_column_int64(rows->stmt, column);
}

const char *db_str(const struct db_rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->stmt, column);
}

const void *db_blob(const struct db_rows *rows, int column, size_t *ret_len)
{
	const void *data = sqlite3_column_blob(rows->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(rows->stmt, column);
	return data;
}

int64_t db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int db_script(struct db *db, const char *sql, struct reason *why)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : error_of(db, rc, why);
}
