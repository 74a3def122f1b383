/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and pin; or point an existing link at another program. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/keeper.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/members.h"
#include "daemon/run/run.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/link.h"

/* A descriptor of the program to attach that the caller owns. */
static int open_program(struct run *run, const struct plan_link *l, struct reason *why)
{
	paths_buf path;

	if (l->is_new_program)
		paths_program(run->ctx->paths, run->plan->loads[l->load].uuid,
			      run->plan->loads[l->load].programs[l->program].index, path);
	else
		paths_program(run->ctx->paths, l->pin_load, l->pin_index, path);
	return bpf_pin_open(path, false, why);
}

static void fill_row(struct plan_link *l)
{
	const struct hook_attachment *a = &l->attachment;

	l->row.kernel_id = a->kernel_id;
	l->row.ifindex = l->place.ifindex;
	l->row.is_kept = a->link_fd >= 0 && !a->is_pinnable;
}

/* No descriptor stays open behind a pin: the last unlink then ends the link in microseconds. */
static int hold(struct run *run, struct plan_link *l, struct reason *why)
{
	paths_buf path;
	int r;

	if (l->attachment.link_fd < 0)
		return 0;
	if (l->row.is_kept)
		r = keeper_put(run->ctx->keeper, l->row.id, l->attachment.link_fd, why);
	else
		r = bpf_pin(l->attachment.link_fd, paths_link(run->ctx->paths, l->row.id, path),
			    why);
	fd_close(&l->attachment.link_fd);
	return r;
}

/* The kernel moves no tcx link, and takes no program twice: until the new link is there, the old
 * one runs a copy. Packets of that moment meet the program twice, never not at all. */
static int leave_copy(struct run *run, const struct plan_link *l, int program_fd,
		      struct reason *why)
{
	paths_buf path;
	_close_ int link =
		bpf_pin_open(paths_link(run->ctx->paths, l->moved_from, path), false, why);
	_close_ int copy = link < 0 ? -1 : members_copy_program(run, l, why);
	int r;

	if (link < 0 || copy < 0)
		return link < 0 ? link : copy;
	r = link_update(link, copy, program_fd);
	return r < 0 ? fail(why, r, "cannot move link %u: %s", l->moved_from, strerror(-r)) : 0;
}

static void take_copy_back(struct run *run, const struct plan_link *l)
{
	paths_buf path;
	_close_ int link =
		bpf_pin_open(paths_link(run->ctx->paths, l->moved_from, path), false, NULL);
	_close_ int program = open_program(run, l, NULL);

	if (link >= 0 && program >= 0)
		link_update(link, program, -1);
}

static int attach(struct run *run, size_t index, struct reason *why)
{
	struct plan_link *l = &run->plan->links[index];
	_close_ int fd = open_program(run, l, why);
	int r;

	if (fd < 0)
		return fd;
	l->options.priority = l->row.priority;
	r = l->moved_from ? leave_copy(run, l, fd, why) : 0;
	if (r < 0)
		return r;
	r = hook_ops(l->hook.kind)->attach(&l->place, fd, &l->options, &l->attachment, why);
	if (r < 0)
		return r;
	fill_row(l);
	return hold(run, l, why);
}

/* The last unlink alone ends it only after some milliseconds. */
static void end_now(const char *pin)
{
	_close_ int link = bpf_pin_open(pin, false, NULL);

	if (link >= 0)
		link_detach(link);
}

static void detach(struct run *run, size_t index)
{
	struct plan_link *l = &run->plan->links[index];
	paths_buf path;

	fd_close(&l->attachment.link_fd);
	if (l->row.id == 0)
		return;
	if (l->moved_from)
		end_now(paths_link(run->ctx->paths, l->row.id, path));
	bpffs_unlink(paths_link(run->ctx->paths, l->row.id, path), NULL);
	if (l->row.is_kept)
		keeper_drop(run->ctx->keeper, l->row.id);
	if (l->moved_from)
		take_copy_back(run, l);
}

static int old_program(struct run *run, const struct plan_link *l)
{
	paths_buf path;

	return bpf_pin_open(paths_program(run->ctx->paths, l->old_pin_load, l->old_pin_index, path),
			    false, NULL);
}

/* The attachment of an existing link, from its row and pin. */
static int open_attachment(struct run *run, struct plan_link *l, struct reason *why)
{
	paths_buf path;

	l->attachment.kernel_id = l->row.kernel_id;
	l->attachment.link_fd =
		bpf_pin_open(paths_link(run->ctx->paths, l->row.id, path), false, why);
	return l->attachment.link_fd < 0 ? l->attachment.link_fd : 0;
}

static int replace(struct run *run, size_t index, struct reason *why)
{
	struct plan_link *l = &run->plan->links[index];
	_close_ int fd = open_program(run, l, why);
	_close_ int old = old_program(run, l);
	int r = fd < 0 ? fd : open_attachment(run, l, why);

	if (r < 0)
		return r;
	r = hook_ops(l->hook.kind)->replace(&l->place, &l->attachment, fd, old, why);
	fd_close(&l->attachment.link_fd);
	return r;
}

static void replace_back(struct run *run, size_t index)
{
	struct plan_link *l = &run->plan->links[index];
	_close_ int fd = open_program(run, l, NULL);
	_close_ int old = old_program(run, l);

	/* Expecting the new program: where the step failed before the swap this changes nothing. */
	if (fd < 0 || old < 0 || open_attachment(run, l, NULL) < 0)
		return;
	hook_ops(l->hook.kind)->replace(&l->place, &l->attachment, old, fd, NULL);
	fd_close(&l->attachment.link_fd);
}

const struct step_ops step_attach = {"attach", attach, detach};
const struct step_ops step_replace = {"replace", replace, replace_back};
