/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the tables config and object (descriptions by digest). */
#include "daemon/store/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/rows.h"
#include "model/object.h"

void config_row_list_done(struct config_row_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].name);
		free(list->items[i].body);
	}
	free(list->items);
	memset(list, 0, sizeof(*list));
}

int store_config_put(struct store *store, const struct config_row *row, struct reason *why)
{
	return db_run(store->db, why, "INSERT OR REPLACE INTO config VALUES(?,?,?,?,?)", "sbuii",
		      row->name, row->body, row->body_len, row->owner, (int64_t)row->applied_at,
		      (int64_t)row->generation);
}

int store_config_delete(struct store *store, const char *name, struct reason *why)
{
	return db_run(store->db, why, "DELETE FROM config WHERE name=?", "s", name);
}

int store_config_list(struct store *store, const char *name, struct config_row_list *ret,
		      struct reason *why)
{
	_cleanup_(config_row_list_done) struct config_row_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT name, body, owner, applied_at, generation FROM config"
			 " WHERE ?1 IS NULL OR name=?1 ORDER BY name",
			 "s", name);

	while (r >= 0 && (r = db_next(&rows, why)) == 1) {
		struct config_row *c =
			array_add((void **)&list.items, &list.n, sizeof(struct config_row));
		const void *body;

		if (!c || rows_get_str(&rows, 0, &c->name) < 0)
			return fail(why, -ENOMEM, "out of memory");
		body = db_blob(&rows, 1, &c->body_len);
		c->body = malloc(c->body_len + 1);
		if (!c->body)
			return fail(why, -ENOMEM, "out of memory");
		if (c->body_len > 0)
			memcpy(c->body, body, c->body_len);
		c->owner = db_u32(&rows, 2);
		c->applied_at = (uint64_t)db_int(&rows, 3);
		c->generation = (uint64_t)db_int(&rows, 4);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct config_row_list){0};
	return 0;
}

/* A cache: whoever may load could fill the memory of the machine with new objects. */
#define DESCRIPTION_MAX (64u << 10)
#define DESCRIPTIONS	256

int store_object_put(struct store *store, const char *digest, const struct object *object,
		     struct reason *why)
{
	_text_ struct text w = {0};
	int r;

	object_encode(object, &w);
	if (w.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	if (w.len > DESCRIPTION_MAX)
		return 0;
	r = db_run(store->db, why, "INSERT OR REPLACE INTO object VALUES(?,?)", "sb", digest,
		   w.data, w.len);
	return r < 0 ? r
		     : db_run(store->db, why,
			      "DELETE FROM object WHERE rowid <= (SELECT max(rowid) FROM object)-?",
			      "u", (uint32_t)DESCRIPTIONS);
}

int store_object_get(struct store *store, const char *digest, struct object *ret,
		     struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	const void *data;
	size_t len;
	int r = db_query(&rows, why, "SELECT data FROM object WHERE digest=?", "s", digest);

	if (r < 0 || (r = db_next(&rows, why)) <= 0)
		return r;
	data = db_blob(&rows, 0, &len);
	r = object_decode(data, len, ret);
	return r < 0 ? fail(why, r, "cannot read a description from the state") : 1;
}
