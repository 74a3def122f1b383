/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the tables program, code and btf. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/rows.h"

#define COLUMNS                                                                                    \
	"uuid, load, id, place, name, function, section, target, kind, bytecode, digest, config,"  \
	" owner_uid, owner_gid, labels, globals, loaded_at,"                                       \
	" (SELECT count(*) FROM link WHERE link.program=program.uuid AND link.live=1)"

static int read_row(const struct db_rows *rows, struct program *p)
{
	struct {
		int column;
		char **to;
	} strings[] = {{4, &p->name},	  {5, &p->function}, {6, &p->section}, {7, &p->target},
		       {9, &p->bytecode}, {10, &p->digest},  {11, &p->config}};
	int r;

	rows_get_uuid(rows, 0, p->uuid);
	rows_get_uuid(rows, 1, p->load);
	p->id = db_u32(rows, 2);
	p->index = db_u32(rows, 3);
	p->kind = hook_kind_parse(db_str(rows, 8));
	p->owner_uid = db_u32(rows, 12);
	p->owner_gid = db_u32(rows, 13);
	p->loaded_at = (uint64_t)db_int(rows, 16);
	p->n_links = db_u32(rows, 17);
	for (size_t i = 0; i < array_size(strings); i++)
		if ((r = rows_get_str(rows, strings[i].column, strings[i].to)) < 0)
			return r;
	r = rows_get_labels(rows, 14, &p->labels);
	return r < 0 ? r : rows_get_globals(rows, 15, p);
}

int store_program_put(struct store *store, const struct program *p, struct reason *why)
{
	_text_ struct text labels = {0}, globals = {0};

	rows_put_labels(&labels, &p->labels);
	rows_put_globals(&globals, p);
	if (labels.r < 0 || globals.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return db_run(store->db, why,
		      "INSERT INTO program VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)",
		      "ssuussssssssuubbi", p->uuid, p->load, p->id, p->index, p->name, p->function,
		      p->section, p->target ? p->target : "", hook_kind_info(p->kind)->name,
		      p->bytecode, p->digest, p->config, p->owner_uid, p->owner_gid, labels.data,
		      labels.len, globals.data, globals.len, (int64_t)p->loaded_at);
}

int store_program_publish(struct store *store, const struct program *p, struct reason *why)
{
	return db_run(store->db, why, "UPDATE program SET live=1, id=? WHERE uuid=?", "us", p->id,
		      p->uuid);
}

int store_program_delete(struct store *store, const char *uuid, struct reason *why)
{
	int r = db_run(store->db, why, "DELETE FROM program WHERE uuid=?", "s", uuid);

	if (r < 0)
		return r;
	return db_run(store->db, why,
		      "DELETE FROM btf WHERE load NOT IN (SELECT load FROM program)", "");
}

static int get_one(struct db_rows *rows, struct program *ret, struct reason *why)
{
	struct program p = {0};
	int r = db_next(rows, why);

	if (r <= 0)
		return r;
	r = read_row(rows, &p);
	if (r < 0) {
		program_done(&p);
		return fail(why, r, "cannot read a program from the state");
	}
	*ret = p;
	return 1;
}

/* 1: exactly one; 0: none; -EINVAL: several. */
static int get_by_prefix(struct store *store, const char *ref, struct program *ret,
			 struct reason *why)
{
	struct program second = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS
			 " FROM program WHERE live=1 AND substr(name,1,length(?1))=?1"
			 " ORDER BY name LIMIT 2",
			 "s", ref);

	if (r < 0 || (r = get_one(&rows, ret, why)) <= 0)
		return r;
	r = get_one(&rows, &second, why);
	if (r <= 0)
		return r < 0 ? r : 1;
	fail(why, -EINVAL, "\"%s\" is the beginning of several programs, %s and %s among them", ref,
	     ret->name, second.name);
	reason_hint(why, "write the whole name, or the id");
	program_done(ret);
	program_done(&second);
	return -EINVAL;
}

int store_program_get(struct store *store, const char *ref, struct program *ret, struct reason *why)
{
	uint32_t id = 0;
	int r;

	if (!*ref)
		return fail(why, -EINVAL, "no program named: give its name or id");
	{
		_rows_ struct db_rows rows = {.db = store->db};

		text_parse_u32(ref, &id);
		r = db_query(&rows, why,
			     "SELECT " COLUMNS
			     " FROM program WHERE live=1 AND (name=?1 OR (id=?2 AND"
			     " ?2>0)) ORDER BY name=?1 DESC LIMIT 1",
			     "su", ref, id);
		if (r < 0 || (r = get_one(&rows, ret, why)) != 0)
			return r < 0 ? r : 0;
	}
	r = get_by_prefix(store, ref, ret, why);
	if (r != 0)
		return r < 0 ? r : 0;
	fail(why, -ENOENT, "no program \"%s\"", ref);
	reason_hint(why, "bpfctl get programs lists what is loaded");
	return -ENOENT;
}

int store_program_by_uuid(struct store *store, const char *uuid, struct program *ret,
			  struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT " COLUMNS " FROM program WHERE live=1 AND uuid=?", "s",
			 uuid);

	if (r < 0 || (r = get_one(&rows, ret, why)) < 0)
		return r;
	return r == 1 ? 0 : fail(why, -ENOENT, "no program with uuid %s", uuid);
}

int store_program_has_digest(struct store *store, const char *digest, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT 1 FROM program WHERE digest=? LIMIT 1", "s", digest);

	return r < 0 ? r : db_next(&rows, why);
}

int store_program_name_taken(struct store *store, const char *name, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT 1 FROM program WHERE live=1 AND name=?", "s", name);

	return r < 0 ? r : db_next(&rows, why);
}

int store_program_list(struct store *store, const char *config, const char *load,
		       struct program_list *ret, struct reason *why)
{
	_cleanup_(program_list_done) struct program_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS
			 " FROM program WHERE live=1 AND (?1 IS NULL OR config=?1)"
			 " AND (?2 IS NULL OR load=?2) ORDER BY name",
			 "ss", config, load);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct program *p =
			array_add((void **)&list.items, &list.n, sizeof(struct program));

		if (!p || read_row(&rows, p) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct program_list){0};
	return 0;
}

int store_code_put(struct store *store, const char *program, const void *data, size_t len,
		   struct reason *why)
{
	return db_run(store->db, why, "INSERT OR REPLACE INTO code VALUES(?,?)", "sb", program,
		      data, len);
}

/* A copy of the only column of the only row; *ret NULL: no row. */
static int get_blob(struct db_rows *rows, int r, void **ret, size_t *ret_len, struct reason *why)
{
	const void *data;

	*ret = NULL;
	*ret_len = 0;
	if (r < 0 || (r = db_next(rows, why)) <= 0)
		return r;
	data = db_blob(rows, 0, ret_len);
	*ret = malloc(*ret_len + 1);
	if (!*ret)
		return fail(why, -ENOMEM, "out of memory");
	if (*ret_len > 0)
		memcpy(*ret, data, *ret_len);
	return 0;
}

int store_code_get(struct store *store, const char *program, void **ret, size_t *ret_len,
		   struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT data FROM code WHERE program=?", "s", program);

	r = get_blob(&rows, r, ret, ret_len, why);
	if (r < 0)
		return r;
	return *ret ? 0 : fail(why, -ENOENT, "the instructions of a program are not in the state");
}

int store_btf_get(struct store *store, const char *load, void **ret, size_t *ret_len,
		  struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT data FROM btf WHERE load=?", "s", load);

	return get_blob(&rows, r, ret, ret_len, why);
}

int store_btf_put(struct store *store, const char *load, const void *data, size_t len,
		  struct reason *why)
{
	return db_run(store->db, why, "INSERT OR REPLACE INTO btf VALUES(?,?)", "sb", load, data,
		      len);
}
