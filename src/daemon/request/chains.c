/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the observation of hooks that take one program: who is there, and is the place still there.
 */
#include "daemon/request/chains.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/observe/dispatcher.h"
#include "daemon/observe/place.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/build.h"
#include "daemon/plan/chain.h"
#include "daemon/request/request.h"
#include "daemon/store/chain.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/link.h"
#include "manifest/settings.h"

static struct plan_chain *find_chain(const struct plan *plan, const char *hook)
{
	for (size_t i = 0; i < plan->n_chains; i++)
		if (strcmp(plan->chains[i].after.hook, hook) == 0)
			return &plan->chains[i];
	return NULL;
}

/* Somebody forced the link to end, or its device is gone. A filter is looked at when it is changed.
 * @is_going: for a member that goes it is enough that somebody else's program has taken the place:
 * who leaves is not held back by that. */
static bool is_defunct(struct request *rq, const struct chain *chain, bool is_going)
{
	struct link_facts facts;
	paths_buf path;
	_close_ int fd = -1;

	if (!chain->kernel_id)
		return false;
	fd = bpf_pin_open(paths_in_chain(rq->ctx->paths, chain, "link", path), false, NULL);
	return fd < 0 || link_facts_get(fd, &facts) < 0 || (chain->ifindex && facts.ifindex == 0) ||
	       (facts.type == BPF_LINK_TYPE_NETNS && facts.netns_inode == 0) ||
	       (is_going && facts.program_id != chain->program_id);
}

/* The place of what is attached; not there any more when the namespace or the device is another. */
static void find_place(struct context *ctx, struct plan_chain *c)
{
	const struct link row = {.ifindex = c->before.ifindex, .netns_ino = c->before.netns_ino};
	struct hook_place now;

	if (observe_place_of_link(ctx, &row, &c->hook, &c->place, NULL) < 0) {
		c->is_gone = true;
		return;
	}
	now = c->place;
	now.hook = &c->hook;
	c->is_gone =
		hook_ops(c->hook.kind)->resolve(&now, NULL) < 0 || now.ifindex != c->before.ifindex;
}

static int take_place(const struct plan_link *l, struct plan_chain *c, struct reason *why)
{
	c->place.ifindex = l->place.ifindex;
	c->place.netns_ino = l->place.netns_ino;
	if (l->place.netns_fd < 0)
		return 0;
	c->place.netns_fd = fcntl(l->place.netns_fd, F_DUPFD_CLOEXEC, 3);
	return c->place.netns_fd < 0 ? fail(why, -errno, "too many open files") : 0;
}

static bool is_libxdp(const struct chain *chain)
{
	return chain->id && chain->xdp_mode && strcmp(chain->xdp_mode, "libxdp") == 0;
}

/* Who else is on the interface by libxdp's protocol; also one that we only can name. */
static void look_at_dispatcher(struct plan_chain *c)
{
	struct libxdp_state state;

	if (c->hook.kind != HOOK_XDP || c->is_gone || (c->before.kernel_id && !c->is_anew) ||
	    observe_dispatcher(&c->place, &state, NULL) < 0)
		return;
	c->has_dispatcher = state.kind == LIBXDP_DISPATCHER || state.kind == LIBXDP_LOCKED;
	c->is_foreign = state.kind == LIBXDP_SINGLE || state.kind == LIBXDP_LOCKED;
}

/* @l: the plan's link for which it is opened; NULL: for one that goes. */
static int open_chain(struct request *rq, const char *hook, const struct plan_link *l,
		      struct reason *why)
{
	struct plan_chain *c = plan_add_chain(&rq->plan);
	int r;

	if (!c || text_set(&c->after.hook, hook) < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = hook_parse(hook, &c->hook, why);
	if (r == 0)
		r = store_chain_get(rq->ctx->store, hook, &c->before, why);
	if (r < 0)
		return r;
	if (l) {
		r = take_place(l, c, why);
		c->is_anew = c->before.id && (c->before.ifindex != c->place.ifindex ||
					      c->before.netns_ino != c->place.netns_ino ||
					      is_defunct(rq, &c->before, false));
	} else {
		find_place(rq->ctx, c);
		c->is_gone = c->is_gone || is_defunct(rq, &c->before, true);
		r = 0;
	}
	look_at_dispatcher(c);
	/* who leaves is not held back by somebody who came after us */
	if (!l && is_libxdp(&c->before) && c->is_foreign)
		c->is_gone = true;
	c->default_mode = settings_xdp_mode(rq->ctx->settings, c->hook.target);
	c->after.id = c->before.id;
	c->after.kind = c->hook.kind;
	c->after.revision = c->before.revision + !c->is_gone;
	c->after.ifindex = c->place.ifindex;
	c->after.netns_ino = c->place.netns_ino;
	return r;
}

static int add_neighbour(struct plan_chain *c, const struct link *row, size_t link)
{
	struct plan_neighbour *n = array_add((void **)&c->neighbours, &c->n_neighbours, sizeof(*n));

	if (!n)
		return -ENOMEM;
	*n = (struct plan_neighbour){row->priority, row->program_id, link};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct plan_neighbour *x = a, *y = b;

	return (x->priority > y->priority) - (x->priority < y->priority);
}

/* Our tcx programs on the same interface and direction: those that stay and those to come. */
static int find_neighbours(struct request *rq, struct plan_chain *c, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct hook tcx = c->hook; /* borrows */
	_free_ char *text = NULL;
	struct link_filter filter;
	int r = 0;

	if (c->hook.kind != HOOK_TC)
		return 0;
	tcx.kind = HOOK_TCX;
	text = hook_format(&tcx);
	filter = (struct link_filter){.hook = text};
	r = text ? store_link_list(rq->ctx->store, &filter, &rows, why) : -ENOMEM;
	for (size_t i = 0; i < rows.n && r == 0; i++)
		r = add_neighbour(c, &rows.items[i], SIZE_MAX);
	for (size_t i = 0; i < rq->plan.n_links && r == 0; i++)
		if (rq->plan.links[i].row.hook && strcmp(rq->plan.links[i].row.hook, text) == 0 &&
		    !rq->plan.links[i].is_replace)
			r = add_neighbour(c, &rq->plan.links[i].row, i);
	if (c->n_neighbours > 0)
		qsort(c->neighbours, c->n_neighbours, sizeof(*c->neighbours), compare);
	return r == -ENOMEM ? fail(why, r, "out of memory") : r;
}

static int find_pin(struct request *rq, struct plan_member *m, struct reason *why)
{
	_cleanup_(program_done) struct program p = {0};
	int r = store_program_by_uuid(rq->ctx->store, m->row.program, &p, why);

	if (r < 0)
		return r;
	memcpy(m->pin_load, p.load, UUID_TEXT_SIZE);
	m->pin_index = p.index;
	return 0;
}

static int fill_chain(struct request *rq, struct plan_chain *c, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list rows = {0};
	struct link_filter filter = {.hook = c->after.hook};
	int r = store_link_list(rq->ctx->store, &filter, &rows, why);

	if (r == 0)
		r = plan_fill_chain(&rq->plan, c, &rows, why);
	for (size_t i = 0; i < c->n_members && r == 0; i++)
		if (c->members[i].link == SIZE_MAX)
			r = find_pin(rq, &c->members[i], why);
	return r < 0 ? r : find_neighbours(rq, c, why);
}

/* Behind tcx programs of the same priority. */
static int insert_chain(struct link_list *list, const struct chain *chain)
{
	size_t i = list->n;

	if (!array_add((void **)&list->items, &list->n, sizeof(*list->items)))
		return -ENOMEM;
	for (; i > 0 && list->items[i - 1].priority > chain->priority; i--)
		list->items[i] = list->items[i - 1];
	list->items[i] = (struct link){
		.kind = HOOK_TC, .priority = chain->priority, .program_id = chain->program_id};
	return 0;
}

int chains_on_hook(struct request *rq, const struct hook *hook, struct link_list *ret,
		   struct reason *why)
{
	_cleanup_(link_list_done) struct link_list list = {0};
	_cleanup_(chain_done) struct chain chain = {0};
	struct hook tc = *hook; /* borrows */
	_free_ char *text = hook_format(hook), *tc_text = NULL;
	struct link_filter filter = {.hook = text};
	int r = text ? store_link_list(rq->ctx->store, &filter, &list, why) : -ENOMEM;

	if (r == 0 && hook->kind == HOOK_TCX) {
		tc.kind = HOOK_TC;
		tc_text = hook_format(&tc);
		r = tc_text ? store_chain_get(rq->ctx->store, tc_text, &chain, why) : -ENOMEM;
		if (r > 0)
			r = chain.kernel_id ? insert_chain(&list, &chain) : 0;
	}
	if (r < 0)
		return r == -ENOMEM ? fail(why, r, "out of memory") : r;
	*ret = list;
	list = (struct link_list){0};
	return 0;
}

int chains_finish(struct request *rq, struct reason *why)
{
	struct plan *plan = &rq->plan;
	int r = 0;

	for (size_t i = 0; i < plan->n_links && r == 0; i++)
		if (plan_is_chained(plan->links[i].row.kind) &&
		    !find_chain(plan, plan->links[i].row.hook))
			r = open_chain(rq, plan->links[i].row.hook, &plan->links[i], why);
	for (size_t i = 0; i < plan->n_drop_links && r == 0; i++)
		if (plan_is_chained(plan->drop_links[i].row.kind) &&
		    !find_chain(plan, plan->drop_links[i].row.hook))
			r = open_chain(rq, plan->drop_links[i].row.hook, NULL, why);
	for (size_t i = 0; i < plan->n_chains && r == 0; i++)
		r = fill_chain(rq, &plan->chains[i], why);
	if (r < 0)
		return r;
	return plan_finish(plan) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}
