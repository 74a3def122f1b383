/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table chain. */
#include "daemon/store/chain.h"

#include <errno.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "daemon/store/pending.h"
#include "daemon/store/rows.h"

#define SELECT                                                                                     \
	"SELECT id, hook, kind, netns_ino, revision, mode, why, xdp_mode, segments, program_id,"   \
	" kernel_id, ifindex, tc_handle, tc_priority, priority, next_slot FROM chain"

static int read_row(const struct db_rows *rows, struct chain *c)
{
	int r;

	c->id = db_u32(rows, 0);
	c->kind = hook_kind_parse(db_str(rows, 2));
	c->netns_ino = (uint64_t)db_int(rows, 3);
	c->revision = db_u32(rows, 4);
	c->n_segments = db_u32(rows, 8);
	c->program_id = db_u32(rows, 9);
	c->kernel_id = db_u32(rows, 10);
	c->ifindex = db_u32(rows, 11);
	c->tc_handle = db_u32(rows, 12);
	c->tc_priority = db_u32(rows, 13);
	c->priority = db_u32(rows, 14);
	c->next_slot = db_u32(rows, 15);
	if ((r = rows_get_str(rows, 1, &c->hook)) < 0 ||
	    (r = rows_get_str(rows, 5, &c->mode)) < 0 || (r = rows_get_str(rows, 6, &c->why)) < 0)
		return r;
	return rows_get_str(rows, 7, &c->xdp_mode);
}

int store_chain_put(struct store *store, struct chain *c, struct reason *why)
{
	int r = db_run(store->db, why,
		       "INSERT INTO chain(hook, kind, netns_ino, revision, segments, program_id,"
		       " kernel_id, ifindex, tc_handle, tc_priority, priority, next_slot, live)"
		       " VALUES(?,?,?,0,0,0,0,0,0,0,0,0,0)",
		       "ssi", c->hook, hook_kind_info(c->kind)->name, (int64_t)c->netns_ino);

	if (r < 0)
		return r;
	c->id = (uint32_t)db_last_id(store->db);
	return 0;
}

int store_chain_publish(struct store *store, const struct chain *c, struct reason *why)
{
	return db_run(
		store->db, why,
		"UPDATE chain SET live=1, netns_ino=?, revision=?, mode=?, why=?, xdp_mode=?,"
		" segments=?, program_id=?, kernel_id=?, ifindex=?, tc_handle=?, tc_priority=?,"
		" priority=?, next_slot=? WHERE id=?",
		"iusssuuuuuuuuu", (int64_t)c->netns_ino, c->revision, c->mode, c->why, c->xdp_mode,
		c->n_segments, c->program_id, c->kernel_id, c->ifindex, c->tc_handle,
		c->tc_priority, c->priority, c->next_slot, c->id);
}

int store_chain_delete(struct store *store, uint32_t id, struct reason *why)
{
	int r = db_run(store->db, why, "DELETE FROM ext WHERE chain=?", "u", id);

	return r < 0 ? r : db_run(store->db, why, "DELETE FROM chain WHERE id=?", "u", id);
}

static int read_all(struct db_rows *rows, int r, struct chain_list *ret, struct reason *why)
{
	_cleanup_(chain_list_done) struct chain_list list = {0};

	while (r >= 0 && (r = db_next(rows, why)) == 1) {
		struct chain *c = array_add((void **)&list.items, &list.n, sizeof(*c));

		if (!c || read_row(rows, c) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct chain_list){0};
	return 0;
}

int store_chain_get(struct store *store, const char *hook, struct chain *ret, struct reason *why)
{
	_cleanup_(chain_list_done) struct chain_list list = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, SELECT " WHERE live=1 AND hook=? LIMIT 1", "s", hook);

	r = read_all(&rows, r, &list, why);
	if (r < 0 || list.n == 0)
		return r;
	*ret = list.items[0];
	list.items[0] = (struct chain){0};
	return 1;
}

int store_chain_list(struct store *store, struct chain_list *ret, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, SELECT " WHERE live=1 ORDER BY id", "");

	return read_all(&rows, r, ret, why);
}

int store_pending_chains(struct store *store, struct chain_list *ret, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, SELECT " WHERE live=0", "");

	return read_all(&rows, r, ret, why);
}

int store_ext_add(struct store *store, uint32_t chain, uint32_t program_id, struct reason *why)
{
	return db_run(store->db, why, "INSERT OR REPLACE INTO ext(program_id, chain) VALUES(?,?)",
		      "uu", program_id, chain);
}

/* Return: how many, or -errno. */
int store_ext_list(struct store *store, uint32_t chain, uint32_t ret[static STORE_EXT_MAX],
		   struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int n = 0;
	int r = db_query(&rows, why,
			 "SELECT program_id FROM ext WHERE chain=? ORDER BY program_id DESC", "u",
			 chain);

	while (r >= 0 && n < STORE_EXT_MAX && (r = db_next(&rows, why)) == 1)
		ret[n++] = db_u32(&rows, 0);
	return r < 0 ? r : n;
}

int store_ext_forget(struct store *store, uint32_t chain, struct reason *why)
{
	return db_run(store->db, why,
		      "DELETE FROM ext WHERE chain=?1 AND program_id NOT IN"
		      " (SELECT ext_id FROM link WHERE live=1 AND chain=?1)",
		      "u", chain);
}

int store_has_chain(struct store *store, uint32_t id, uint32_t revision, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why, "SELECT 1 FROM chain WHERE live=1 AND id=? AND revision=?",
			 "uu", id, revision);

	return r < 0 ? r : db_next(&rows, why);
}
