/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table link. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/pending.h"
#include "daemon/store/rows.h"

#define COLUMNS                                                                                    \
	"link.id, link.uuid, link.program, program.name, program.id, hook, link.kind, priority,"   \
	" proceed_on, mode, kernel_id, ifindex, tc_handle, tc_priority, netns_ino, kept,"          \
	" link.config, link.owner_uid, link.labels, attached_at, link.chain, link.called,"         \
	" link.counted, link.slot, link.segment, link.function, link.ext_id"

static int read_row(const struct db_rows *rows, struct link *l)
{
	int r;

	l->id = db_u32(rows, 0);
	rows_get_uuid(rows, 1, l->uuid);
	rows_get_uuid(rows, 2, l->program);
	l->program_id = db_u32(rows, 4);
	l->kind = hook_kind_parse(db_str(rows, 6));
	l->priority = db_u32(rows, 7);
	l->proceed_on = db_u32(rows, 8);
	l->kernel_id = db_u32(rows, 10);
	l->ifindex = db_u32(rows, 11);
	l->tc_handle = db_u32(rows, 12);
	l->tc_priority = db_u32(rows, 13);
	l->netns_ino = (uint64_t)db_int(rows, 14);
	l->is_kept = db_u32(rows, 15);
	l->owner_uid = db_u32(rows, 17);
	l->attached_at = (uint64_t)db_int(rows, 19);
	l->chain = db_u32(rows, 20);
	l->is_called = db_u32(rows, 21);
	l->is_counted = db_u32(rows, 22);
	l->slot = db_u32(rows, 23);
	l->segment = db_u32(rows, 24);
	l->is_function = db_u32(rows, 25);
	l->ext_id = db_u32(rows, 26);
	if ((r = rows_get_str(rows, 3, &l->program_name)) < 0 ||
	    (r = rows_get_str(rows, 5, &l->hook)) < 0 ||
	    (r = rows_get_str(rows, 9, &l->mode)) < 0 ||
	    (r = rows_get_str(rows, 16, &l->config)) < 0)
		return r;
	return rows_get_labels(rows, 18, &l->labels);
}

int store_link_put(struct store *store, struct link *l, struct reason *why)
{
	_text_ struct text labels = {0};
	int r;

	rows_put_labels(&labels, &l->labels);
	if (labels.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = db_run(
		store->db, why,
		"INSERT INTO link(uuid, program, hook, kind, priority, proceed_on, mode, kernel_id,"
		" ifindex, tc_handle, tc_priority, netns_ino, kept, config, owner_uid, labels,"
		" attached_at, live, chain, called, counted, slot, segment, function, ext_id)"
		" VALUES(?,?,?,?,?,?,?,0,0,0,0,?,0,?,?,?,?,0,0,?,?,0,0,0,0)",
		"ssssuusisubiuu", l->uuid, l->program, l->hook, hook_kind_info(l->kind)->name,
		l->priority, l->proceed_on, l->mode, (int64_t)l->netns_ino, l->config, l->owner_uid,
		labels.data, labels.len, (int64_t)l->attached_at, (uint32_t)l->is_called,
		(uint32_t)l->is_counted);
	if (r < 0)
		return r;
	l->id = (uint32_t)db_last_id(store->db);
	return 0;
}

int store_link_publish(struct store *store, const struct link *l, struct reason *why)
{
	_text_ struct text labels = {0};

	rows_put_labels(&labels, &l->labels);
	if (labels.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return db_run(store->db, why,
		      "UPDATE link SET live=1, program=?, priority=?, proceed_on=?, mode=?,"
		      " kernel_id=?, ifindex=?, tc_handle=?, tc_priority=?, kept=?, labels=?,"
		      " chain=?, called=?, counted=?, slot=?, segment=?, function=?, ext_id=?"
		      " WHERE id=?",
		      "suusuuuuubuuuuuuuu", l->program, l->priority, l->proceed_on, l->mode,
		      l->kernel_id, l->ifindex, l->tc_handle, l->tc_priority, (uint32_t)l->is_kept,
		      labels.data, labels.len, l->chain, (uint32_t)l->is_called,
		      (uint32_t)l->is_counted, l->slot, l->segment, (uint32_t)l->is_function,
		      l->ext_id, l->id);
}

int store_link_delete(struct store *store, uint32_t id, struct reason *why)
{
	return db_run(store->db, why, "DELETE FROM link WHERE id=?", "u", id);
}

int store_link_get(struct store *store, uint32_t id, struct link *ret, struct reason *why)
{
	struct link l = {0};
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS " FROM link JOIN program ON program.uuid=link.program"
			 " WHERE link.live=1 AND link.id=?",
			 "u", id);

	if (r < 0 || (r = db_next(&rows, why)) < 0)
		return r;
	if (r == 0) {
		fail(why, -ENOENT, "no link %u", id);
		reason_hint(why, "bpfctl get links lists what is attached");
		return -ENOENT;
	}
	r = read_row(&rows, &l);
	if (r < 0) {
		link_done(&l);
		return fail(why, r, "cannot read link %u from the state", id);
	}
	*ret = l;
	return 0;
}

static int read_all(struct db_rows *rows, struct link_list *ret, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list list = {0};
	int r;

	while ((r = db_next(rows, why)) == 1) {
		struct link *l = array_add((void **)&list.items, &list.n, sizeof(struct link));

		if (!l || read_row(rows, l) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct link_list){0};
	return 0;
}

int store_link_list(struct store *store, const struct link_filter *f, struct link_list *ret,
		    struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(
		&rows, why,
		"SELECT " COLUMNS " FROM link JOIN program ON program.uuid=link.program"
		" WHERE link.live=1 AND (?1 IS NULL OR link.program=?1) AND (?2 IS NULL OR"
		" hook=?2) AND (?3 IS NULL OR link.config=?3) ORDER BY hook, priority, link.id",
		"sss", f->program, f->hook, f->config);

	return r < 0 ? r : read_all(&rows, ret, why);
}

int store_pending_links(struct store *store, struct link_list *ret, struct reason *why)
{
	_rows_ struct db_rows rows = {.db = store->db};
	int r = db_query(&rows, why,
			 "SELECT " COLUMNS " FROM link JOIN program ON program.uuid=link.program"
			 " WHERE link.live=0",
			 "");

	return r < 0 ? r : read_all(&rows, ret, why);
}
