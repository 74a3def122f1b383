/* SPDX-License-Identifier: Apache-2.0 */
/* One transaction makes everything the plan did true; purge then removes what was set aside. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/keeper.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/dispatcher.h"
#include "daemon/run/export.h"
#include "daemon/run/run.h"
#include "daemon/store/chain.h"
#include "daemon/store/config.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/probe.h"

static int put_code(struct store *store, const struct plan_load *l, size_t i, struct reason *why)
{
	_text_ struct text w = {0};

	instructions_encode(&l->result.programs[i].instructions, &w);
	if (w.r < 0)
		return fail(why, -ENOMEM, "out of memory");
	return store_code_put(store, l->programs[i].uuid, w.data, w.len, why);
}

static bool is_internal(const char *name)
{
	return strchr(name, '.') != NULL;
}

static int put_map(struct store *store, const struct plan_load *l, size_t i, struct reason *why)
{
	struct map map = {.id = l->map_ids[i], .name = l->result.maps[i].name};
	struct bpf_map_info info = {0};
	int r = bpf_map_info(l->result.maps[i].fd, &info);

	if (r < 0)
		return fail(why, r, "cannot read map %s back", map.name);
	memcpy(map.load, l->uuid, UUID_TEXT_SIZE);
	map.type = info.type;
	map.key_size = info.key_size;
	map.value_size = info.value_size;
	map.max_entries = info.max_entries;
	map.flags = info.map_flags;
	map.is_internal = is_internal(map.name);
	r = store_map_put(store, &map, l->programs[0].config, l->programs[0].owner_uid, why);
	for (size_t p = 0; p < l->n_programs && r == 0; p++)
		r = store_map_use(store, map.id, l->programs[p].uuid, (uint32_t)i, why);
	return r;
}

static int put_load(struct store *store, const struct plan_load *l, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < l->n_programs && r == 0; i++) {
		r = store_program_publish(store, &l->programs[i], why);
		if (r == 0)
			r = put_code(store, l, i, why);
	}
	for (size_t i = 0; i < l->result.n_maps && r == 0; i++)
		r = put_map(store, l, i, why);
	if (r == 0 && l->result.btf_len > 0)
		r = store_btf_put(store, l->uuid, l->result.btf, l->result.btf_len, why);
	return r;
}

static int put_export(struct store *store, const struct plan *plan, const struct plan_export *e,
		      struct reason *why)
{
	const struct plan_load *l = &plan->loads[e->load];

	for (size_t i = 0; i < l->result.n_maps; i++)
		if (strcmp(l->result.maps[i].name, e->map) == 0)
			return store_map_export(store, l->map_ids[i], &e->to, why);
	return 0;
}

/* Members that stay have moved along with the chain; those of the plan are published as its links.
 */
static int put_chain(struct store *store, const struct plan_chain *c, struct reason *why)
{
	int r;

	if (c->n_members == 0)
		return c->before.id ? store_chain_delete(store, c->before.id, why) : 0;
	r = store_chain_publish(store, &c->after, why);
	for (size_t i = 0; i < c->n_members && r == 0; i++)
		if (c->members[i].link == SIZE_MAX)
			r = store_link_publish(store, &c->members[i].row, why);
	if (r == 0 && c->is_libxdp)
		r = store_ext_forget(store, c->after.id, why);
	return r;
}

static int delete_rows(struct store *store, const struct plan *plan, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < plan->n_drop_links && r == 0; i++)
		r = store_link_delete(store, plan->drop_links[i].row.id, why);
	for (size_t i = 0; i < plan->n_drop_programs && r == 0; i++) {
		const struct plan_drop_program *d = &plan->drop_programs[i];

		r = store_program_delete(store, d->row.uuid, why);
		if (r == 0 && d->is_last)
			r = store_map_delete_of_load(store, d->row.load, why);
	}
	return r;
}

static int put_config(struct store *store, const struct plan_config_change *c, struct reason *why)
{
	struct config_row row = {.name = c->name,
				 .body = c->body,
				 .body_len = c->body_len,
				 .owner = c->owner,
				 .applied_at = c->applied_at,
				 .generation = c->generation};

	if (c->what == PLAN_CONFIG_DELETE)
		return store_config_delete(store, c->name, why);
	return c->what == PLAN_CONFIG_PUT ? store_config_put(store, &row, why) : 0;
}

static int write_rows(struct store *store, const struct plan *plan, struct reason *why)
{
	int r = 0;

	/* Links that are replaced point at new programs before old programs and names go; the name
	 * of a new version is free only after that. */
	for (size_t i = 0; i < plan->n_links && r == 0; i++)
		r = store_link_publish(store, &plan->links[i].row, why);
	for (size_t i = 0; i < plan->n_chains && r == 0; i++)
		r = put_chain(store, &plan->chains[i], why);
	if (r == 0)
		r = delete_rows(store, plan, why);
	for (size_t i = 0; i < plan->n_loads && r == 0; i++)
		r = put_load(store, &plan->loads[i], why);
	for (size_t i = 0; i < plan->n_exports && r == 0; i++)
		r = put_export(store, plan, &plan->exports[i], why);
	for (size_t i = 0; i < plan->n_configs && r == 0; i++)
		r = put_config(store, &plan->configs[i], why);
	return r;
}

static int commit(struct run *run, size_t index, struct reason *why)
{
	struct store *store = run->ctx->store;
	int r = store_begin(store, why);

	(void)index;
	if (r < 0)
		return r;
	r = write_rows(store, run->plan, why);
	if (r == 0)
		r = store_commit(store, why);
	if (r < 0)
		store_rollback(store);
	return r;
}

static bool is_exported_anew(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->n_exports; i++)
		if (strcmp(plan->exports[i].to.path, path) == 0)
			return true;
	return false;
}

/* When the answer says detached, the program runs no more: unlinking alone leaves that to later. */
static void end_link(const struct link *row, const char *pin)
{
	const struct hook_ops *ops = hook_ops(row->kind);
	struct hook_attachment at = {.link_fd = -1, .kernel_id = row->kernel_id};

	if (!ops->end)
		return;
	at.link_fd = bpf_pin_open(pin, false, NULL);
	if (at.link_fd >= 0)
		ops->end(&at);
	fd_close(&at.link_fd);
}

static void end_chain(struct run *run, const struct chain *chain)
{
	struct link row = {.kind = chain->kind, .kernel_id = chain->kernel_id};
	paths_buf path;

	if (chain->kernel_id)
		end_link(&row, paths_in_chain(run->ctx->paths, chain, "link", path));
}

/* What ran before the change. Packets may still be on their way through its programs, and an array
 * that leads from one to the next is emptied with its pin. */
static void purge_chain(struct run *run, const struct plan_chain *c)
{
	const struct chain *before = &c->before;
	paths_buf path;

	if (before->xdp_mode && strcmp(before->xdp_mode, "libxdp") == 0 &&
	    (c->is_gone || c->is_anew))
		dispatcher_forget(before);
	if (!before->id || (c->is_gone && c->n_members > 0))
		return;
	if (c->n_members == 0 || c->is_anew)
		end_chain(run, before);
	if (before->n_segments > 1)
		kernel_grace();
	bpffs_remove_tree(paths_chain(run->ctx->paths, before->id, before->revision, path), NULL);
}

static int purge(struct run *run, size_t index, struct reason *why)
{
	const struct plan *plan = run->plan;
	paths_buf path;

	(void)index;
	(void)why;
	for (size_t i = 0; i < plan->n_drop_links; i++) {
		const struct link *row = &plan->drop_links[i].row;

		if (row->chain)
			continue;
		if (row->is_kept)
			keeper_drop(run->ctx->keeper, row->id);
		paths_trash_link(run->ctx->paths, row->id, path);
		end_link(row, path);
		bpffs_unlink(path, NULL);
	}
	for (size_t i = 0; i < plan->n_chains; i++)
		purge_chain(run, &plan->chains[i]);
	for (size_t i = 0; i < plan->n_drop_programs; i++) {
		const struct plan_drop_program *d = &plan->drop_programs[i];

		for (size_t j = 0; j < d->n_exports; j++)
			if (d->exports[j].export.path &&
			    !is_exported_anew(plan, d->exports[j].export.path))
				export_remove(&d->exports[j].export);
		paths_trash_program(run->ctx->paths, d->row.uuid, path);
		if (d->is_last)
			bpffs_remove_tree(path, NULL);
		else
			bpffs_unlink(path, NULL);
	}
	return 0;
}

const struct step_ops step_commit = {"commit", commit, NULL};
const struct step_ops step_purge = {"purge", purge, NULL};
