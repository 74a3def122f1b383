/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the file of the table of images: its form, and what becomes of one that cannot be read. */
#include "daemon/images/table.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/db.h"

#define FORMAT	     2
#define STRING_OF(x) #x
#define TEXT_OF(x)   STRING_OF(x)

#define _rows_ _cleanup_(db_done)

/* Lost on power failure is what was pulled last: it is pulled again. */
static const char pragmas[] =
	"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
	"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA cache_size=-128;";

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS image(reference TEXT PRIMARY KEY, digest TEXT NOT NULL,"
	" manifest TEXT NOT NULL, object TEXT NOT NULL, media_type TEXT, dialect TEXT, source TEXT, labels BLOB, pulled_at INTEGER NOT NULL, used_at INTEGER NOT NULL, rule TEXT, verified TEXT, evidence TEXT)"
	" STRICT;"
	"CREATE INDEX IF NOT EXISTS image_digest ON image(digest);"
	"CREATE TABLE IF NOT EXISTS blob(reference TEXT NOT NULL REFERENCES image(reference)"
	" ON DELETE CASCADE, digest TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY(reference, digest))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS blob_digest ON blob(digest);";

/* A cache of another version is as good as none. */
static int check_format(struct db *db, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = db};
	int r = db_query(&rows, why, "PRAGMA user_version", "");
	int64_t format;

	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	format = r == 1 ? db_int(&rows, 0) : 0;
	db_done(&rows);
	if (format == FORMAT)
		return 0;
	return db_script(db,
			 "DROP TABLE IF EXISTS blob; DROP TABLE IF EXISTS image;"
			 "PRAGMA user_version=" TEXT_OF(FORMAT) ";",
			 why);
}

static int prepare(const char *path, struct db **ret, struct reason *why)
{
	int r = db_open(path, ret, why);

	if (r == 0)
		r = db_script(*ret, pragmas, why);
	if (r == 0)
		r = check_format(*ret, why);
	return r < 0 ? r : db_script(*ret, schema, why);
}

int table_open(const char *state, struct db **ret, struct reason *why)
{
	_text_ struct text path = {0};
	int r;

	text_add(&path, "%s/images/images.db", state);
	if (path.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = prepare(path.data, ret, why);
	if (r != -EBADMSG)
		return r;
	log_warning("the table of images is damaged and begun anew: %s", why ? why->text : "");
	reason_done(why);
	db_close(*ret);
	*ret = NULL;
	return unlink(path.data) < 0
		       ? fail(why, -errno, "cannot remove %s: %s", path.data, strerror(errno))
		       : prepare(path.data, ret, why);
}
