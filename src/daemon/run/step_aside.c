/* SPDX-License-Identifier: Apache-2.0 */
/* Setting aside what shall go: its pin moves to the trash, from where undo takes it back. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/run.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

/* A pin that is gone already (somebody removed it) does not stop a removal. */
static int move(const char *from, const char *to, struct reason *why)
{
	_reason_ struct reason inner = {0};
	int r = bpffs_rename(from, to, &inner);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail(why, r, "%s", inner.text) : 1;
}

static int aside_link(struct run *run, size_t index, struct reason *why)
{
	struct plan_drop_link *d = &run->plan->drop_links[index];
	paths_buf from, to;
	int r;

	if (d->row.is_kept)
		return 0;
	r = move(paths_link(run->ctx->paths, d->row.id, from),
		 paths_trash_link(run->ctx->paths, d->row.id, to), why);
	d->is_aside = r == 1;
	return r < 0 ? r : 0;
}

static void back_link(struct run *run, size_t index)
{
	struct plan_drop_link *d = &run->plan->drop_links[index];
	paths_buf from, to;

	if (!d->is_aside)
		return;
	bpffs_rename(paths_trash_link(run->ctx->paths, d->row.id, from),
		     paths_link(run->ctx->paths, d->row.id, to), NULL);
}

/* The last program of a load takes the whole directory with its maps. */
static const char *pin_of(struct run *run, const struct plan_drop_program *d, paths_buf ret)
{
	if (d->is_last)
		return paths_load(run->ctx->paths, d->row.load, ret);
	return paths_program(run->ctx->paths, d->row.load, d->row.index, ret);
}

static int aside_program(struct run *run, size_t index, struct reason *why)
{
	const struct plan_drop_program *d = &run->plan->drop_programs[index];
	paths_buf from, to;
	int r = move(pin_of(run, d, from), paths_trash_program(run->ctx->paths, d->row.uuid, to),
		     why);

	return r < 0 ? r : 0;
}

static void back_program(struct run *run, size_t index)
{
	const struct plan_drop_program *d = &run->plan->drop_programs[index];
	paths_buf from, to;

	bpffs_rename(paths_trash_program(run->ctx->paths, d->row.uuid, from), pin_of(run, d, to),
		     NULL);
}

const struct step_ops step_aside_link = {"set link aside", aside_link, back_link};
const struct step_ops step_aside_program = {"set program aside", aside_program, back_program};
