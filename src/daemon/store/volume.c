/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table volume. */
#include "daemon/store/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/rows.h"

#define COLUMNS                                                                                    \
	"uuid, id, target, config, maps, layout, read_only, has_group, fs_group, has_directory,"   \
	" owner_uid, published_at, pinned"

static int read_row(const struct db_rows *rows, struct volume *v)
{
	int r;

	rows_get_uuid(rows, 0, v->uuid);
	v->layout = db_u32(rows, 5) == VOLUME_BPFMAN ? VOLUME_BPFMAN : VOLUME_BPFD;
	v->is_read_only = db_u32(rows, 6);
	v->has_group = db_u32(rows, 7);
	v->group = db_u32(rows, 8);
	v->has_directory = db_u32(rows, 9);
	v->owner = db_u32(rows, 10);
	v->published_at = (uint64_t)db_int(rows, 11);
	if ((r = rows_get_str(rows, 1, &v->id)) < 0 ||
	    (r = rows_get_str(rows, 2, &v->target)) < 0 ||
	    (r = rows_get_str(rows, 3, &v->config)) < 0 ||
	    (r = rows_get_str(rows, 4, &v->maps)) < 0)
		return r;
	return rows_get_str(rows, 12, &v->pinned);
}

int store_volume_put(struct store *store, const struct volume *v, struct reason *why)
{
	return db_run(store->db, why, "INSERT INTO volume VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
		      "sssssuuuuuuis", v->uuid, v->id, v->target, v->config, v->maps,
		      (uint32_t)v->layout, (uint32_t)v->is_read_only, (uint32_t)v->has_group,
		      v->group, (uint32_t)v->has_directory, v->owner, (int64_t)v->published_at,
		      v->pinned);
}

int store_volume_update(struct store *store, const struct volume *v, bool is_live,
			struct reason *why)
{
	return db_run(store->db, why,
		      "UPDATE volume SET has_directory=?, pinned=?, live=? WHERE uuid=?", "usus",
		      (uint32_t)v->has_directory, v->pinned, (uint32_t)is_live, v->uuid);
}

int store_volume_delete(struct store *store, const char *uuid, struct reason *why)
{
	return db_run(store->db, why, "DELETE FROM volume WHERE uuid=?", "s", uuid);
}

static int get_one(struct db_rows *rows, int r, struct volume *ret, struct reason *why)
{
	_cleanup_(volume_done) struct volume v = {0};

	if (r == 0)
		r = db_next(rows, why);
	if (r <= 0)
		return r < 0 ? r : fail(why, -ENOENT, "no such volume");
	r = read_row(rows, &v);
	if (r < 0)
		return fail(why, r, "out of memory");
	*ret = v;
	v = (struct volume){0};
	return 0;
}

int store_volume_get(struct store *store, const char *uuid, struct volume *ret, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT " COLUMNS " FROM volume WHERE uuid=? AND live=1", "s",
			 uuid);

	return get_one(&rows, r, ret, why);
}

int store_volume_find(struct store *store, const char *id, const char *target, struct volume *ret,
		      struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS " FROM volume WHERE (?1 IS NULL OR id=?1) AND"
			 " (?2 IS NULL OR target=?2) AND live=1 LIMIT 1",
			 "ss", id, target);

	return get_one(&rows, r, ret, why);
}

int store_volume_list(struct store *store, bool is_live, struct volume_list *ret,
		      struct reason *why)
{
	_cleanup_(volume_list_done) struct volume_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT " COLUMNS " FROM volume WHERE live=? ORDER BY target",
			 "u", (uint32_t)is_live);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct volume *v = array_add((void **)&list.items, &list.n, sizeof(struct volume));

		if (!v || read_row(&rows, v) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct volume_list){0};
	return 0;
}

int store_volume_count(struct store *store, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT count(*) FROM volume", "");

	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	return (int)db_u32(&rows, 0);
}

/* A config and a program may have one name. Several versions never do: only live rows have uses. */
int store_map_of(struct store *store, const char *config, const char *name, struct map *ret,
		 struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	_text_ struct text ref = {0};
	uint32_t id;
	int r = db_query(
		&rows, why,
		"SELECT id FROM map WHERE name=?2 AND (config=?1 OR id IN (SELECT u.map FROM"
		" map_use u JOIN program p ON p.uuid=u.program WHERE p.name=?1 AND"
		" p.live=1)) ORDER BY config IS ?1 DESC, id DESC LIMIT 1",
		"ss", config, name);

	if (r < 0 || (r = db_next(&rows, why)) <= 0)
		return r;
	id = db_u32(&rows, 0);
	db_done(&rows);
	text_add(&ref, "%u", id);
	if (ref.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = store_map_get(store, ref.data, ret, why);
	return r < 0 ? r : 1;
}
