/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the questions recovery asks of the tables. */
#include "daemon/store/pending.h"

#include "base/reason.h"
#include "daemon/store/rows.h"

static int exists(struct db_rows *rows, int r, struct reason *why)
{
	return r < 0 ? r : db_next(rows, why);
}

int store_has_pending(struct store *store, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT 1 FROM program WHERE live=0 UNION ALL SELECT 1 FROM link WHERE"
			 " live=0 UNION ALL SELECT 1 FROM chain WHERE live=0 LIMIT 1",
			 "");

	return exists(&rows, r, why);
}

int store_pending_delete(struct store *store, struct reason *why)
{
	int r = db_run(store->db, why, "DELETE FROM link WHERE live=0", "");

	if (r == 0)
		r = db_run(store->db, why, "DELETE FROM chain WHERE live=0", "");
	if (r == 0)
		r = db_run(store->db, why,
			   "DELETE FROM ext WHERE chain NOT IN (SELECT id FROM chain)", "");
	return r < 0 ? r : db_run(store->db, why, "DELETE FROM program WHERE live=0", "");
}

int store_has_load(struct store *store, const char *load, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT 1 FROM program WHERE load=? LIMIT 1", "s", load);

	return exists(&rows, r, why);
}

int store_has_link(struct store *store, uint32_t id, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT 1 FROM link WHERE id=?", "u", id);

	return exists(&rows, r, why);
}
