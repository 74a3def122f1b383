/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the tables map and map_use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/rows.h"

#define COLUMNS                                                                                    \
	"id, load, name, type, key_size, value_size, max_entries, flags, internal, config,"        \
	" owner_uid, export, export_uid, export_gid, export_mode,"                                 \
	" (SELECT group_concat(DISTINCT p.name) FROM map_use u JOIN program p ON p.uuid=u.program" \
	" WHERE u.map=map.id)"

static int read_row(const struct db_rows *rows, struct map *m)
{
	int r;

	m->id = db_u32(rows, 0);
	rows_get_uuid(rows, 1, m->load);
	m->type = db_u32(rows, 3);
	m->key_size = db_u32(rows, 4);
	m->value_size = db_u32(rows, 5);
	m->max_entries = db_u32(rows, 6);
	m->flags = db_u32(rows, 7);
	m->is_internal = db_u32(rows, 8);
	m->owner_uid = db_u32(rows, 10);
	m->export.uid = db_u32(rows, 12);
	m->export.gid = db_u32(rows, 13);
	m->export.mode = db_u32(rows, 14);
	if ((r = rows_get_str(rows, 2, &m->name)) < 0 ||
	    (r = rows_get_str(rows, 9, &m->config)) < 0 ||
	    (r = rows_get_str(rows, 11, &m->export.path)) < 0)
		return r;
	return rows_get_str(rows, 15, &m->programs);
}

int store_map_put(struct store *store, const struct map *m, const char *config, uid_t owner,
		  struct reason *why)
{
	return db_run(store->db, why,
		      "INSERT OR IGNORE INTO map VALUES(?,?,?,?,?,?,?,?,?,?,?,NULL,0,0,0)",
		      "ussuuuuuusu", m->id, m->load, m->name, m->type, m->key_size, m->value_size,
		      m->max_entries, m->flags, (uint32_t)m->is_internal, config, owner);
}

int store_map_use(struct store *store, uint32_t map, const char *program, uint32_t index,
		  struct reason *why)
{
	return db_run(store->db, why, "INSERT OR IGNORE INTO map_use VALUES(?,?,?)", "usu", map,
		      program, index);
}

int store_map_export(struct store *store, uint32_t map, const struct map_export *e,
		     struct reason *why)
{
	return db_run(
		store->db, why,
		"UPDATE map SET export=?, export_uid=?, export_gid=?, export_mode=? WHERE id=?",
		"suuuu", e->path, e->uid, e->gid, e->mode, map);
}

int store_map_exported_by_other(struct store *store, const char *dir, uid_t owner,
				struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT 1 FROM map WHERE substr(export,1,length(?1)+1)=?1||'/' AND"
			 " owner_uid<>?2 LIMIT 1",
			 "su", dir, owner);

	return r < 0 ? r : db_next(&rows, why);
}

int store_map_delete_of_load(struct store *store, const char *load, struct reason *why)
{
	/* A map that programs of another load share moves to the pin of that load. */
	int r = db_run(
		store->db, why,
		"UPDATE map SET load=(SELECT p.load FROM map_use u JOIN program p ON"
		" p.uuid=u.program WHERE u.map=map.id LIMIT 1), export=NULL WHERE load=?1 AND"
		" id IN (SELECT map FROM map_use)",
		"s", load);

	return r < 0 ? r : db_run(store->db, why, "DELETE FROM map WHERE load=?", "s", load);
}

int store_map_list(struct store *store, const char *load, const char *program, struct map_list *ret,
		   struct reason *why)
{
	_cleanup_(map_list_done) struct map_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS
			 " FROM map WHERE (?1 IS NULL OR load=?1) AND (?2 IS NULL OR"
			 " id IN (SELECT map FROM map_use WHERE program=?2)) ORDER BY id",
			 "ss", load, program);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct map *m = array_add((void **)&list.items, &list.n, sizeof(struct map));

		if (!m || read_row(&rows, m) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct map_list){0};
	return 0;
}

int store_map_places(struct store *store, const char *program, struct map_list *ret,
		     struct reason *why)
{
	_cleanup_(map_list_done) struct map_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(
		&rows, why,
		"SELECT place, map.id, map.type FROM map_use JOIN map ON map.id=map_use.map"
		" WHERE program=? ORDER BY place",
		"s", program);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct map *m = NULL;

		/* a place without a row stays 0, which is no map */
		while (list.n <= db_u32(&rows, 0)) {
			m = array_add((void **)&list.items, &list.n, sizeof(struct map));
			if (!m)
				return fail(why, -ENOMEM, "out of memory");
		}
		if (!m)
			return fail(why, -EBADMSG, "the state has two maps at one place");
		m->id = db_u32(&rows, 1);
		m->type = db_u32(&rows, 2);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct map_list){0};
	return 0;
}

int store_map_get(struct store *store, const char *ref, struct map *ret, struct reason *why)
{
	const char *slash = strrchr(ref, '/');
	_free_ char *owner = slash ? strndup(ref, (size_t)(slash - ref)) : NULL;
	uint32_t id = 0;
	struct map m = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r;

	text_parse_u32(ref, &id);
	r = db_query(&rows, why,
		     "SELECT " COLUMNS
		     " FROM map WHERE (id=?1 AND ?1>0) OR (name=?3 AND (config=?2 OR id"
		     " IN (SELECT u.map FROM map_use u JOIN program p ON p.uuid=u.program WHERE"
		     " p.name=?2))) LIMIT 1",
		     "uss", id, owner, slash ? slash + 1 : NULL);
	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	if (r == 0) {
		fail(why, -ENOENT, "no map \"%s\"", ref);
		reason_hint(why,
			    "name it PROGRAM/MAP, CONFIG/MAP or by id; bpfctl get maps lists them");
		return -ENOENT;
	}
	r = read_row(&rows, &m);
	if (r < 0) {
		map_done(&m);
		return fail(why, r, "cannot read map \"%s\" from the state", ref);
	}
	*ret = m;
	return 0;
}
