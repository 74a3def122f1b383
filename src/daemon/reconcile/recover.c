/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of recovery and the pins; links are in links.c. */
#include "daemon/reconcile/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/names.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/reconcile/chains.h"
#include "daemon/reconcile/links.h"
#include "daemon/run/export.h"
#include "daemon/store/pending.h"
#include "daemon/store/store.h"
#include "daemon/volume/publish.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

typedef void visit_fn(struct context *ctx, const char *name, void *arg);

struct visit {
	struct context *ctx;
	visit_fn *fn;
	void *arg;
};

static void visit_name(const char *name, void *arg)
{
	const struct visit *visit = arg;

	visit->fn(visit->ctx, name, visit->arg);
}

static void each_name(struct context *ctx, const char *dir, visit_fn *fn, void *arg)
{
	struct visit visit = {ctx, fn, arg};

	names_each(dir, visit_name, &visit);
}

static void remove_staging(struct context *ctx, const char *name, void *arg)
{
	paths_buf path;

	(void)arg;
	bpffs_remove_tree(paths_staging(ctx->paths, name, path), NULL);
}

static void remove_load(struct context *ctx, const char *name, void *arg)
{
	paths_buf path;

	(void)arg;
	if (store_has_load(ctx->store, name, NULL) != 0)
		return;
	log_info("recover: load %s has no row: removed", name);
	bpffs_remove_tree(paths_load(ctx->paths, name, path), NULL);
}

static void remove_link(struct context *ctx, const char *name, void *arg)
{
	uint32_t id;
	paths_buf path;

	(void)arg;
	if (text_parse_u32(name, &id) < 0 || store_has_link(ctx->store, id, NULL) != 0)
		return;
	log_info("recover: link %s has no row: removed", name);
	bpffs_unlink(paths_link(ctx->paths, id, path), NULL);
}

static void back_link(struct context *ctx, const char *name)
{
	uint32_t id;
	paths_buf from, to;

	if (text_parse_u32(name + strlen("link_"), &id) < 0)
		return;
	paths_trash(ctx->paths, name, from);
	if (store_has_link(ctx->store, id, NULL) == 1)
		bpffs_rename(from, paths_link(ctx->paths, id, to), NULL);
	else
		bpffs_unlink(from, NULL);
}

static void back_program(struct context *ctx, const char *name, bool want_directory)
{
	_cleanup_(program_done) struct program p = {0};
	struct stat st;
	paths_buf from, to;

	paths_trash(ctx->paths, name, from);
	if (stat(from, &st) < 0 || S_ISDIR(st.st_mode) != want_directory)
		return;
	if (store_program_by_uuid(ctx->store, name + strlen("program_"), &p, NULL) < 0)
		bpffs_remove_tree(from, NULL);
	else
		bpffs_rename(from,
			     want_directory ? paths_load(ctx->paths, p.load, to)
					    : paths_program(ctx->paths, p.load, p.index, to),
			     NULL);
}

/* Directories come back before the pins that belong into them. */
static void empty_trash(struct context *ctx, const char *name, void *arg)
{
	const bool *want_directory = arg;

	if (strncmp(name, "link_", 5) == 0 && *want_directory)
		back_link(ctx, name);
	else if (strncmp(name, "program_", 8) == 0)
		back_program(ctx, name, *want_directory);
}

static bool has_export(const struct map_list *maps, const char *path)
{
	for (size_t i = 0; i < maps->n; i++)
		if (maps->items[i].export.path && strcmp(maps->items[i].export.path, path) == 0)
			return true;
	return false;
}

struct owner_scan {
	const struct map_list *maps;
	const char *owner;
};

static void check_export(struct context *ctx, const char *name, void *arg)
{
	const struct owner_scan *scan = arg;
	struct map_export stray;
	paths_buf path;

	snprintf(path, sizeof(path), "%s/%s/%s", ctx->paths->maps, scan->owner, name);
	stray.path = path;
	if (!has_export(scan->maps, path))
		export_remove(&stray);
}

static void check_owner(struct context *ctx, const char *name, void *arg)
{
	struct owner_scan scan = {arg, name};
	paths_buf path;

	snprintf(path, sizeof(path), "%s/%s", ctx->paths->maps, name);
	each_name(ctx, path, check_export, &scan);
}

/* Before its commit a plan may have put the map of its own load at the path of the one in the row.
 * What is pinned there cannot be asked: it belongs to somebody else. So it is made anew. */
static bool is_exported(const struct map *m, bool was_interrupted)
{
	if (was_interrupted)
		bpffs_unlink(m->export.path, NULL);
	return access(m->export.path, F_OK) == 0;
}

static int recover_exports(struct context *ctx, bool was_interrupted, struct reason *why)
{
	_cleanup_(map_list_done) struct map_list maps = {0};
	int r = store_map_list(ctx->store, NULL, NULL, &maps, why);

	if (r < 0)
		return r;
	each_name(ctx, ctx->paths->maps, check_owner, &maps);
	for (size_t i = 0; i < maps.n; i++) {
		const struct map *m = &maps.items[i];
		paths_buf path;
		_close_ int fd = -1;

		if (!m->export.path || is_exported(m, was_interrupted))
			continue;
		fd = bpf_pin_open(paths_map(ctx->paths, m->load, m->id, path), false, NULL);
		if (fd >= 0 && export_make(fd, &m->export, NULL) == 0)
			log_info("recover: export %s is back", m->export.path);
	}
	return 0;
}

int recover(struct context *ctx, struct reason *why)
{
	bool directories = true, pins = false;
	paths_buf path;
	int was_interrupted = store_has_pending(ctx->store, why);
	int r = was_interrupted < 0 ? was_interrupted : links_recover_pending(ctx, why);

	if (r == 0)
		r = chains_recover_pending(ctx, why);
	if (r == 0)
		r = store_pending_delete(ctx->store, why);
	if (r < 0)
		return r;
	each_name(ctx, paths_trash(ctx->paths, "", path), empty_trash, &directories);
	each_name(ctx, paths_trash(ctx->paths, "", path), empty_trash, &pins);
	each_name(ctx, paths_staging(ctx->paths, "", path), remove_staging, NULL);
	/* After a replace that was not committed the link must leave the new program first. */
	r = links_recover_live(ctx, was_interrupted == 1, why);
	if (r == 0)
		r = chains_recover_live(ctx, why);
	snprintf(path, sizeof(path), "%s/loads", ctx->paths->fs);
	each_name(ctx, path, remove_load, NULL);
	snprintf(path, sizeof(path), "%s/links", ctx->paths->fs);
	each_name(ctx, path, remove_link, NULL);
	if (r == 0)
		r = recover_exports(ctx, was_interrupted == 1, why);
	if (r == 0)
		volume_recover_all(ctx);
	return r;
}
