/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the way from members to the wish that libxdp_change() fulfils. Which freplace programs are
 * ours is known from the store, where each is written before it can be on the interface. */
#include "daemon/run/dispatcher.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/plan/plan.h"
#include "daemon/run/members.h"
#include "daemon/run/run.h"
#include "daemon/store/chain.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/netns.h"
#include "libxdp/libxdp.h"

/* One change while it runs. @functions: names, @keys: of maps, by member; owned. */
struct change {
	struct run *run;
	struct plan_chain *c;
	struct members members;
	struct libxdp_member *wanted;
	char **functions;
	uint32_t **keys;
	uint32_t ours[STORE_EXT_MAX];
	struct libxdp_change wish;
	struct libxdp_changed changed;
	struct reason *why;
};

static void change_done(struct change *x)
{
	for (size_t i = 0; i < x->c->n_members; i++) {
		if (x->functions)
			free(x->functions[i]);
		if (x->keys)
			free(x->keys[i]);
	}
	free(x->functions);
	free(x->keys);
	free(x->wanted);
	members_done(&x->members);
}

static int note_loaded(void *arg, uint32_t program_id, struct reason *why)
{
	const struct change *x = arg;

	return store_ext_add(x->run->ctx->store, x->c->after.id, program_id, why);
}

static const struct plan_link *link_of(const struct change *x, size_t i)
{
	size_t link = x->c->members[i].link;

	return link == SIZE_MAX ? NULL : &x->run->plan->links[link];
}

static int take_function(struct change *x, size_t i)
{
	_cleanup_(program_done) struct program p = {0};
	const struct plan_link *l = link_of(x, i);
	const struct link *row = &x->c->members[i].row;
	int r;

	if (l && l->is_new_program)
		return text_set(&x->functions[i],
				x->run->plan->loads[l->load].programs[l->program].function);
	r = store_program_by_uuid(x->run->ctx->store, row->program, &p, x->why);
	return r < 0 ? r : text_set(&x->functions[i], p.function);
}

/* Its freplace program holds as long as it runs the same program. */
static uint32_t loaded_id(const struct change *x, size_t i)
{
	const struct plan_link *l = link_of(x, i);
	const struct link *row = &x->c->members[i].row;

	if (l && (!l->is_replace || l->is_new_program || strcmp(l->old_program, row->program) != 0))
		return 0;
	return row->ext_id;
}

static int fill_wanted(struct change *x, size_t i)
{
	const struct chain_member *m = &x->members.list[i];
	const struct link *row = &x->c->members[i].row;
	int r = take_function(x, i);

	if (r < 0)
		return r;
	x->keys[i] = calloc(m->n_maps + 1, sizeof(**x->keys));
	if (!x->keys[i])
		return -ENOMEM;
	for (size_t k = 0; k < m->n_maps; k++)
		x->keys[i][k] = m->maps[k].key;
	x->wanted[i] = (struct libxdp_member){.name = x->functions[i],
					      .priority = row->priority,
					      .actions = row->proceed_on,
					      .loaded_id = loaded_id(x, i),
					      .code = m->code,
					      .btf = m->btf,
					      .btf_len = m->btf_len,
					      .map_keys = x->keys[i],
					      .n_map_keys = m->n_maps};
	return 0;
}

static uint32_t flags_of(enum xdp_mode mode)
{
	return mode == XDP_MODE_NATIVE ? XDP_FLAGS_DRV_MODE
	       : mode == XDP_MODE_SKB  ? XDP_FLAGS_SKB_MODE
				       : 0;
}

static bool is_same_interface(const struct plan_chain *c)
{
	return c->before.ifindex == c->place.ifindex && c->before.netns_ino == c->place.netns_ino;
}

static int prepare(struct change *x)
{
	const struct plan_chain *c = x->c;
	size_t n = c->n_members;
	int n_ours = store_ext_list(x->run->ctx->store, c->after.id, x->ours, x->why);
	int r = n_ours < 0 ? n_ours : members_collect(x->run, c, &x->members, x->why);

	if (r < 0)
		return r;
	x->wanted = calloc(n + 1, sizeof(*x->wanted));
	x->functions = calloc(n + 1, sizeof(*x->functions));
	x->keys = calloc(n + 1, sizeof(*x->keys));
	if (!x->wanted || !x->functions || !x->keys)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++)
		r = fill_wanted(x, i);
	x->wish = (struct libxdp_change){.ifindex = c->place.ifindex,
					 .mode = flags_of(c->options.mode),
					 .last_dispatcher =
						 is_same_interface(c) ? c->before.program_id : 0,
					 .ours = x->ours,
					 .n_ours = (size_t)n_ours,
					 .wanted = x->wanted,
					 .n_wanted = n,
					 .map_fd = members_open_map,
					 .loaded = note_loaded,
					 .arg = x};
	return r;
}

static int run_wish(void *arg)
{
	struct change *x = arg;

	return libxdp_change(&x->wish, &x->changed, x->why);
}

/* What an error of the kernel's means to a client is another thing than a missing right. */
static int translate(struct change *x, int r)
{
	if (r == -EACCES || r == -EPERM) {
		r = -EINVAL;
		if (x->why)
			x->why->code = r;
	}
	return r;
}

static int fill_rows(struct change *x)
{
	struct plan_chain *c = x->c;
	char words[160];

	for (size_t i = 0; i < c->n_members; i++)
		c->members[i].row.ext_id = x->changed.ids[i];
	snprintf(words, sizeof(words), "%s; it runs %s",
		 c->has_dispatcher ? "a dispatcher of libxdp is on the interface"
				   : "libxdp mode was asked for",
		 x->changed.mode == XDP_FLAGS_SKB_MODE ? "in the stack (skb)" : "in the driver");
	c->after.program_id = x->changed.dispatcher_id;
	c->after.n_segments = 1;
	if (text_set(&c->after.mode, "libxdp") < 0 || text_set(&c->after.why, words) < 0 ||
	    text_set(&c->after.xdp_mode, "libxdp") < 0)
		return -ENOMEM;
	return 0;
}

int dispatcher_change(struct run *run, struct plan_chain *c, struct reason *why)
{
	_cleanup_(change_done) struct change x = {.run = run, .c = c, .why = why};
	int r;

	r = prepare(&x);
	if (r < 0)
		return fail(why, r, "cannot change the programs of %s: %s", c->after.hook,
			    strerror(-r));
	r = netns_run(c->place.netns_fd, run_wish, &x, why);
	if (r < 0)
		return translate(&x, r);
	return fill_rows(&x);
}

static int add_member(struct context *ctx, struct plan_chain *c, struct link *row)
{
	_cleanup_(program_done) struct program p = {0};
	int r = store_program_by_uuid(ctx->store, row->program, &p, NULL);
	struct plan_member *m =
		r < 0 ? NULL : array_add((void **)&c->members, &c->n_members, sizeof(*c->members));

	if (!m)
		return r < 0 ? r : -ENOMEM;
	m->row = *row;
	*row = (struct link){0};
	m->link = SIZE_MAX;
	memcpy(m->pin_load, p.load, UUID_TEXT_SIZE);
	m->pin_index = p.index;
	return 0;
}

/* A chain as its rows have it. @ret: .place is borrowed. */
static int chain_of_rows(struct context *ctx, const struct chain *chain, struct plan_chain *ret)
{
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct link_filter filter = {.hook = chain->hook};
	int r = store_link_list(ctx->store, &filter, &rows, NULL);

	if (r == 0)
		r = chain_copy(chain, &ret->before);
	if (r == 0)
		r = chain_copy(chain, &ret->after);
	for (size_t i = 0; i < rows.n && r == 0; i++)
		if (rows.items[i].chain == chain->id)
			r = add_member(ctx, ret, &rows.items[i]);
	return r;
}

static int publish(struct context *ctx, const struct plan_chain *c)
{
	int r = store_begin(ctx->store, NULL);

	if (r < 0)
		return r;
	r = store_chain_publish(ctx->store, &c->after, NULL);
	for (size_t i = 0; i < c->n_members && r == 0; i++)
		r = store_link_publish(ctx->store, &c->members[i].row, NULL);
	if (r == 0)
		r = store_ext_forget(ctx->store, c->after.id, NULL);
	if (r == 0)
		r = store_commit(ctx->store, NULL);
	if (r < 0)
		store_rollback(ctx->store);
	return r;
}

static void restored_done(struct plan_chain *c)
{
	chain_done(&c->before);
	chain_done(&c->after);
	for (size_t i = 0; i < c->n_members; i++)
		link_done(&c->members[i].row);
	free(c->members);
}

int dispatcher_restore(struct context *ctx, const struct chain *chain,
		       const struct hook_place *place, struct reason *why)
{
	_cleanup_(restored_done) struct plan_chain c = {.place = *place, .has_dispatcher = true};
	struct run run = {.ctx = ctx};
	int r = chain_of_rows(ctx, chain, &c);

	if (r < 0)
		return fail(why, r, "cannot read the members of %s: %s", chain->hook, strerror(-r));
	c.after.ifindex = place->ifindex;
	r = dispatcher_change(&run, &c, why);
	if (r < 0 || c.n_members == 0)
		return r;
	return publish(ctx, &c);
}

void dispatcher_forget(const struct chain *chain)
{
	libxdp_forget(chain->ifindex, chain->program_id, NULL);
}
