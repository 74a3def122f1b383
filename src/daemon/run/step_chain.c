/* SPDX-License-Identifier: Apache-2.0 */
/* Link, load and swap: a hook that takes one program gets a new one for all its members. Until the
 * swap nothing has changed; it is one atomic replace. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "chain/link.h"
#include "daemon/context.h"
#include "daemon/observe/tracers.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/chain.h"
#include "daemon/run/dispatcher.h"
#include "daemon/run/members.h"
#include "daemon/run/run.h"
#include "daemon/run/stats_map.h"
#include "daemon/store/chain.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/link.h"

/* One change while it runs. */
struct change {
	struct run *run;
	struct plan_chain *c;
	struct members members;
	struct chain_loaded loaded;
	int program_fd; /* of what is to be attached */
	int stats_fd;
};

static void change_done(struct change *x)
{
	members_done(&x->members);
	chain_loaded_done(&x->loaded);
	fd_close(&x->program_fd);
	fd_close(&x->stats_fd);
}

/* The kernel takes a program once on a tcx hook, and a tc chain is an entry there. */
static bool is_beside_itself(const struct plan_chain *c)
{
	for (size_t i = 0; i < c->n_neighbours && c->n_members == 1; i++)
		if (c->neighbours[i].program_id == c->members[0].row.program_id)
			return true;
	return false;
}

static int load_chain(struct change *x, struct reason *why)
{
	const struct plan_chain *c = x->c;
	_close_ int last = members_open_program(x->run, c, c->n_members - 1, why);
	struct chain_load wish = {.rules = hook_ops(c->hook.kind)->rules(),
				  .limits = x->run->ctx->limits,
				  .map_fd = members_open_map,
				  .stats_fd = x->stats_fd,
				  .alone_fd = last,
				  .name = CHAIN_NAME};
	int r = last < 0 ? last : members_collect(x->run, c, &x->members, why);

	if (r < 0)
		return r;
	wish.members = x->members.list;
	wish.n_members = x->members.n;
	if (is_beside_itself(c))
		x->members.list[0].must_call = true;
	r = chain_load(&wish, &x->loaded, why);
	if (r == 0 && is_beside_itself(c))
		snprintf(x->loaded.why, sizeof(x->loaded.why),
			 "one member, which is on tcx by itself as well");
	/* That is how the verifier says no; to a client it would mean a missing right. */
	if (r == -EACCES || r == -EPERM) {
		r = -EINVAL;
		if (why)
			why->code = r;
	}
	if (r < 0)
		return r;
	if (x->loaded.mode == CHAIN_DIRECT)
		x->program_fd = take_fd(&last);
	else
		x->program_fd = take_fd(&x->loaded.program_fds[0]);
	return x->program_fd < 0 ? fail(why, x->program_fd, "too many open files") : 0;
}

static int pin(struct change *x, int fd, const char *name, struct reason *why)
{
	paths_buf path;

	return bpf_pin(fd, paths_in_chain(x->run->ctx->paths, &x->c->after, name, path), why);
}

static int pin_revision(struct change *x, struct reason *why)
{
	const struct chain *after = &x->c->after;
	uint32_t n = x->loaded.n_segments;
	char name[16];
	paths_buf dir;
	int r;

	paths_chain(x->run->ctx->paths, after->id, after->revision, dir);
	if (mkdir(dir, 0700) < 0)
		return fail(why, -errno, "cannot make %s: %s", dir, strerror(errno));
	r = pin(x, x->program_fd, "p0", why);
	for (uint32_t i = 1; i < n && r == 0; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		r = pin(x, x->loaded.program_fds[i], name, why);
	}
	for (uint32_t i = 0; i + 1 < n && r == 0; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		r = pin(x, x->loaded.array_fds[i], name, why);
	}
	return r == 0 && x->stats_fd >= 0 ? pin(x, x->stats_fd, "stats", why) : r;
}

static int open_pin(struct run *run, const struct chain *chain, const char *name,
		    struct reason *why)
{
	paths_buf path;

	return bpf_pin_open(paths_in_chain(run->ctx->paths, chain, name, path), false, why);
}

/* What is attached now, from its row and pin. */
static int open_attachment(struct run *run, struct plan_chain *c, struct reason *why)
{
	c->attachment = (struct hook_attachment){.link_fd = -1,
						 .kernel_id = c->before.kernel_id,
						 .tc_handle = c->before.tc_handle,
						 .tc_priority = c->before.tc_priority};
	if (!c->before.kernel_id)
		return 0;
	c->attachment.link_fd = open_pin(run, &c->before, "link", why);
	return c->attachment.link_fd < 0 ? c->attachment.link_fd : 0;
}

static int replace(struct change *x, struct reason *why)
{
	struct plan_chain *c = x->c;
	_close_ int old = open_pin(x->run, &c->before, "p0", why);
	int r = old < 0 ? old : open_attachment(x->run, c, why);

	if (r == 0 && c->attachment.link_fd >= 0)
		r = pin(x, c->attachment.link_fd, "link", why);
	if (r < 0)
		return r;
	r = hook_ops(c->hook.kind)->replace(&c->place, &c->attachment, x->program_fd, old, why);
	c->is_replaced = r == 0;
	return r;
}

static int attach(struct change *x, struct reason *why)
{
	struct plan_chain *c = x->c;
	int r = hook_ops(c->hook.kind)
			->attach(&c->place, x->program_fd, &c->options, &c->attachment, why);

	if (r < 0)
		return r;
	c->is_attached = true;
	return c->attachment.link_fd >= 0 ? pin(x, c->attachment.link_fd, "link", why) : 0;
}

static void fill_member(struct plan_chain *c, size_t i, const struct chain_loaded *loaded)
{
	const struct chain *after = &c->after;
	struct link *row = &c->members[i].row;

	row->chain = after->id;
	row->kernel_id = after->kernel_id;
	row->ifindex = after->ifindex;
	row->tc_handle = after->tc_handle;
	row->tc_priority = after->tc_priority;
	row->segment = loaded->segment ? loaded->segment[i] : 0;
	row->is_function = loaded->is_called && loaded->is_called[i];
}

/* The rows of the plan's own links are published with the others of the plan. */
static int fill_rows(struct plan_chain *c, struct plan *plan)
{
	for (size_t i = 0; i < c->n_members; i++) {
		struct plan_member *m = &c->members[i];
		struct link *row = m->link == SIZE_MAX ? NULL : &plan->links[m->link].row;

		if (text_set(&m->row.mode, c->after.xdp_mode) < 0)
			return -ENOMEM;
		if (!row)
			continue;
		row->chain = m->row.chain;
		row->kernel_id = m->row.kernel_id;
		row->ifindex = m->row.ifindex;
		row->tc_handle = m->row.tc_handle;
		row->tc_priority = m->row.tc_priority;
		row->segment = m->row.segment;
		row->is_function = m->row.is_function;
		row->slot = m->row.slot;
		row->ext_id = m->row.ext_id;
		if (text_set(&row->mode, m->row.mode) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int fill_chain(struct change *x)
{
	struct plan_chain *c = x->c;
	struct bpf_prog_info info = {0};
	const char *xdp_mode = c->is_replaced ? c->before.xdp_mode : NULL;
	int r = bpf_program_info(x->program_fd, &info);

	if (r < 0)
		return r;
	if (c->hook.kind == HOOK_XDP && !c->is_replaced)
		xdp_mode = xdp_mode_name(c->attachment.mode);
	c->after.program_id = info.id;
	c->after.kernel_id = c->attachment.kernel_id;
	c->after.tc_handle = c->attachment.tc_handle;
	c->after.tc_priority = c->attachment.tc_priority;
	c->after.n_segments = x->loaded.n_segments;
	for (size_t i = 0; i < c->n_members; i++)
		fill_member(c, i, &x->loaded);
	if (text_set(&c->after.mode, chain_mode_name(x->loaded.mode)) < 0 ||
	    text_set(&c->after.why, x->loaded.why) < 0 ||
	    text_set(&c->after.xdp_mode, xdp_mode) < 0)
		return -ENOMEM;
	return fill_rows(c, x->run->plan);
}

/* Who traces a program, or replaced a function of it, would be left with the old one, which no
 * packet meets any more. */
static int check_tracers(struct run *run, const struct chain *chain, struct reason *why)
{
	uint32_t ids[CHAIN_SEGMENTS_MAX];
	struct tracer tracer;
	size_t n = 0;

	for (uint32_t i = 0; i < chain->n_segments && i < CHAIN_SEGMENTS_MAX; i++) {
		struct bpf_prog_info info = {0};
		char name[16];
		_close_ int fd = -1;

		snprintf(name, sizeof(name), "p%u", i);
		fd = open_pin(run, chain, name, NULL);
		if (fd >= 0 && bpf_program_info(fd, &info) == 0)
			ids[n++] = info.id;
	}
	if (observe_tracer(ids, n, &tracer) <= 0)
		return 0;
	fail(why, -EBUSY, "%s holds on to what runs on %s, and would see nothing of the new chain",
	     tracer.text, chain->hook);
	reason_hint(why, "end it first (bpftool link show id %u tells whose it is)",
		    tracer.link_id);
	return -EBUSY;
}

static int change_chain(struct run *run, struct plan_chain *c, struct reason *why)
{
	_cleanup_(change_done) struct change x = {
		.run = run, .c = c, .program_fd = -1, .stats_fd = -1};
	int r = stats_map_prepare(run->ctx, c, &x.stats_fd, why);

	for (size_t i = 0; i < c->n_neighbours; i++)
		if (c->neighbours[i].link != SIZE_MAX) {
			const struct plan_link *l = &run->plan->links[c->neighbours[i].link];

			c->neighbours[i].program_id =
				l->is_new_program
					? run->plan->loads[l->load].programs[l->program].id
					: l->row.program_id;
		}
	plan_place_chain(c);
	if (r == 0 && c->before.id && !c->is_anew)
		r = check_tracers(run, &c->before, why);
	if (r == 0)
		r = load_chain(&x, why);
	if (r == 0)
		r = pin_revision(&x, why);
	if (r == 0)
		r = c->before.id && !c->is_anew ? replace(&x, why) : attach(&x, why);
	if (r < 0)
		return r;
	r = fill_chain(&x);
	fd_close(&c->attachment.link_fd);
	return r < 0 ? fail(why, r, "cannot describe the chain on %s: %s", c->after.hook,
			    strerror(-r))
		     : 0;
}

/* Members in libxdp's dispatcher: nothing is linked, and no pin of ours holds it. */
static int change_dispatcher(struct run *run, struct plan_chain *c, struct reason *why)
{
	const struct chain_loaded nothing = {.mode = CHAIN_DIRECT};
	int r;

	c->is_replaced = true;
	r = dispatcher_change(run, c, why);
	if (r < 0)
		return r;
	c->after.kernel_id = 0;
	for (size_t i = 0; i < c->n_members; i++)
		fill_member(c, i, &nothing);
	return fill_rows(c, run->plan) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

/* The last member leaves. A link ends when the plan is committed; a filter has to be put back. */
static int empty_chain(struct run *run, struct plan_chain *c, struct reason *why)
{
	int r = open_attachment(run, c, NULL);

	fd_close(&c->attachment.link_fd);
	if (r < 0 || c->before.kernel_id)
		return 0;
	r = hook_ops(c->hook.kind)->detach(&c->place, &c->attachment, c->before.program_id, why);
	c->is_detached = r == 0;
	return r;
}

/* Nothing to do but to remember who is left. */
static int keep_gone(struct plan_chain *c, struct plan *plan, struct reason *why)
{
	uint32_t priority = c->after.priority;

	chain_done(&c->after);
	if (chain_copy(&c->before, &c->after) < 0 || fill_rows(c, plan) < 0)
		return fail(why, -ENOMEM, "out of memory");
	if (c->n_members > 0)
		c->after.priority = priority;
	return 0;
}

static int step(struct run *run, size_t index, struct reason *why)
{
	struct plan_chain *c = &run->plan->chains[index];

	if (c->is_gone)
		return keep_gone(c, run->plan, why);
	if (c->is_libxdp)
		return change_dispatcher(run, c, why);
	return c->n_members ? change_chain(run, c, why) : empty_chain(run, c, why);
}

static void replace_back(struct run *run, struct plan_chain *c)
{
	_close_ int new = open_pin(run, &c->after, "p0", NULL);
	_close_ int old = open_pin(run, &c->before, "p0", NULL);

	/* Expecting the new program: whoever came after us is left alone. */
	if (new >= 0 && old >= 0 && open_attachment(run, c, NULL) == 0)
		hook_ops(c->hook.kind)->replace(&c->place, &c->attachment, old, new, NULL);
	fd_close(&c->attachment.link_fd);
}

static void detach_back(struct run *run, struct plan_chain *c)
{
	_close_ int old = open_pin(run, &c->before, "p0", NULL);
	struct hook_attach_options options = {.priority = c->before.tc_priority - 1};
	struct hook_attachment at = {.link_fd = -1};

	if (old < 0 || hook_ops(c->hook.kind)->attach(&c->place, old, &options, &at, NULL) < 0)
		return;
	fd_close(&at.link_fd);
	c->before.tc_handle = at.tc_handle;
	c->before.tc_priority = at.tc_priority;
	store_chain_publish(run->ctx->store, &c->before, NULL);
}

static void attach_back(struct run *run, struct plan_chain *c)
{
	const struct hook_ops *ops = hook_ops(c->hook.kind);

	if (c->attachment.link_fd < 0 && c->attachment.kernel_id)
		c->attachment.link_fd = open_pin(run, &c->after, "link", NULL);
	if (c->attachment.link_fd >= 0 && ops->end)
		ops->end(&c->attachment);
	else if (c->attachment.tc_handle && ops->detach) {
		_close_ int fd = open_pin(run, &c->after, "p0", NULL);
		struct bpf_prog_info info = {0};

		if (fd >= 0 && bpf_program_info(fd, &info) == 0)
			ops->detach(&c->place, &c->attachment, info.id, NULL);
	}
	fd_close(&c->attachment.link_fd);
}

static void undo(struct run *run, size_t index)
{
	struct plan_chain *c = &run->plan->chains[index];
	paths_buf path;

	if (c->is_libxdp) {
		if (c->is_replaced)
			dispatcher_restore(run->ctx, c->before.id ? &c->before : &c->after,
					   &c->place, NULL);
		return;
	}
	if (c->is_replaced)
		replace_back(run, c);
	if (c->is_attached)
		attach_back(run, c);
	if (c->is_detached)
		detach_back(run, c);
	fd_close(&c->attachment.link_fd);
	if (c->after.id && !c->is_gone && c->n_members > 0)
		bpffs_remove_tree(
			paths_chain(run->ctx->paths, c->after.id, c->after.revision, path), NULL);
}

const struct step_ops step_chain = {"change chain", step, undo};
