/* SPDX-License-Identifier: Apache-2.0 */
/* ListHooks: what runs where, ours and foreign, in execution order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/reply/interference.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/store/chain.h"
#include "daemon/store/store.h"
#include "forkserver/container.h"
#include "hooks/seen.h"
#include "kernel/bpf.h"
#include "kernel/netns.h"

#define HOOKS_MAX 100000

static const struct link *find_ours(const struct link_list *ours, const struct hook_seen *seen,
				    const char *hook)
{
	for (size_t i = 0; i < ours->n; i++) {
		const struct link *l = &ours->items[i];

		if (l->ext_id && l->ext_id == seen->program_id)
			return l;
		if (l->program_id != seen->program_id)
			continue;
		if ((seen->kernel_link_id && seen->kernel_link_id == l->kernel_id) ||
		    strcmp(l->hook, hook) == 0)
			return l;
	}
	return NULL;
}

static void name_foreign(struct request *rq, const struct hook_seen *seen, Bpfd__V1__HookEntry *e)
{
	struct bpf_prog_info info = {0};
	char owner[32];

	if (seen->filter[0])
		e->program = request_string(rq, seen->filter);
	if (bpf_program_info_by_id(seen->program_id, &info) < 0)
		return;
	e->program = request_string(rq, info.name);
	snprintf(owner, sizeof(owner), "uid %u", info.created_by_uid);
	e->owner = request_string(rq, owner);
}

static void fill_entry(struct request *rq, const struct hook_seen *seen, const struct link *l,
		       Bpfd__V1__HookEntry *e)
{
	char owner[32];

	e->position = seen->position;
	e->program_id = seen->program_id;
	e->attached_by = request_string(rq, seen->attached_by);
	e->mode = request_string(rq, seen->hook.kind == HOOK_XDP ? xdp_mode_name(seen->mode) : "");
	e->priority = l ? l->priority : seen->priority;
	e->is_ours = l != NULL;
	if (!l) {
		name_foreign(rq, seen, e);
		return;
	}
	e->link_id = l->id;
	e->program = request_string(rq, l->program_name);
	snprintf(owner, sizeof(owner), "uid %u", l->owner_uid);
	e->owner = request_string(rq, owner);
	e->program_id = l->program_id;
}

/* @inodes: of the network namespaces that were looked at: one may have several names. */
struct listing {
	struct request *rq;
	struct link_list ours;
	struct chain_list chains;
	Bpfd__V1__ListHooksResponse *out;
	ino_t *inodes;
	size_t n_inodes;
};

static void listing_done(struct listing *l)
{
	link_list_done(&l->ours);
	chain_list_done(&l->chains);
	free(l->inodes);
}

static bool is_wanted(const struct listing *l, enum hook_kind kind, const char *hook)
{
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)l->rq->in;

	if (*in->type && strcmp(in->type, hook_kind_info(kind)->name) != 0)
		return false;
	return !*in->ref || strncmp(hook, in->ref, strlen(in->ref)) == 0;
}

/* Room for @n more entries. */
static int grow(struct listing *l, size_t n, struct reason *why)
{
	Bpfd__V1__ListHooksResponse *out = l->out;
	Bpfd__V1__HookEntry **more =
		wire_arena_alloc(&l->rq->arena, out->n_hooks + n + 1, sizeof(*more));

	if (!more || out->n_hooks + n > HOOKS_MAX)
		return fail(why, -E2BIG, "too many hooks to list");
	if (out->n_hooks > 0)
		memcpy(more, out->hooks, out->n_hooks * sizeof(*more));
	out->hooks = more;
	return 0;
}

/* The chain that is attached there; NULL: none of ours. */
static const struct chain *find_chain(const struct listing *l, const struct hook_seen *seen,
				      const char *hook)
{
	for (size_t i = 0; i < l->chains.n; i++) {
		const struct chain *c = &l->chains.items[i];

		if (c->program_id != seen->program_id)
			continue;
		if (seen->kernel_link_id ? seen->kernel_link_id == c->kernel_id
					 : strcmp(c->hook, hook) == 0)
			return c;
	}
	return NULL;
}

static const struct chain *chain_of(const struct listing *l, const struct link *link)
{
	for (size_t i = 0; i < l->chains.n; i++)
		if (l->chains.items[i].id == link->chain)
			return &l->chains.items[i];
	return NULL;
}

/* A chain is one program of the kernel and as many entries as it has members. */
static int add_chain(struct listing *l, const struct hook_seen *seen, const struct chain *chain,
		     uint32_t *position, struct reason *why)
{
	int r = grow(l, l->ours.n, why);

	for (size_t i = 0; i < l->ours.n && r == 0; i++) {
		const struct link *link = &l->ours.items[i];
		Bpfd__V1__HookEntry *e;

		if (link->chain != chain->id)
			continue;
		e = request_message(l->rq, &bpfd__v1__hook_entry__descriptor);
		if (!e)
			return fail(why, -ENOMEM, "out of memory");
		e->hook = request_string(l->rq, link->hook);
		fill_entry(l->rq, seen, link, e);
		e->position = (*position)++;
		reply_hook_member(l->rq, chain, link, e);
		l->out->hooks[l->out->n_hooks++] = e;
	}
	return r;
}

static bool is_same_hook(const struct hook_seen *a, const struct hook_seen *b)
{
	return a->hook.kind == b->hook.kind && a->hook.direction == b->hook.direction &&
	       strcmp(a->hook.target, b->hook.target) == 0;
}

static int add_seen(struct listing *l, const struct hook_seen_list *seen, struct reason *why)
{
	struct request *rq = l->rq;
	Bpfd__V1__ListHooksResponse *out = l->out;
	uint32_t position = 0;
	int r = grow(l, seen->n, why);

	if (r < 0)
		return r;
	for (size_t i = 0; i < seen->n; i++) {
		_free_ char *hook = hook_format(&seen->items[i].hook);
		const struct chain *chain;
		const struct link *link;
		Bpfd__V1__HookEntry *e = request_message(rq, &bpfd__v1__hook_entry__descriptor);

		if (!hook || !e)
			return fail(why, -ENOMEM, "out of memory");
		if (!is_wanted(l, seen->items[i].hook.kind, hook))
			continue;
		if (i > 0 && !is_same_hook(&seen->items[i - 1], &seen->items[i]))
			position = 0;
		chain = find_chain(l, &seen->items[i], hook);
		if (chain) {
			r = add_chain(l, &seen->items[i], chain, &position, why);
			if (r < 0)
				return r;
			r = grow(l, seen->n - i, why);
			if (r < 0)
				return r;
			continue;
		}
		link = find_ours(&l->ours, &seen->items[i], hook);
		e->hook = request_string(rq, link ? link->hook : hook);
		fill_entry(rq, &seen->items[i], link, e);
		if (strcmp(seen->items[i].attached_by, "libxdp") == 0)
			reply_hook_dispatched(rq, link ? chain_of(l, link) : NULL,
					      seen->items[i].proceed_on, e);
		if (hook_kind_info(seen->items[i].hook.kind)->shape &
		    (HOOK_ON_NETDEV | HOOK_ON_NETNS))
			e->position = position++;
		out->hooks[out->n_hooks++] = e;
	}
	return 0;
}

/* Return: 1 (seen for the first time), 0, -ENOMEM. */
static int note_netns(struct listing *l, int fd)
{
	struct stat st;
	ino_t *more;

	if ((fd < 0 ? stat("/proc/self/ns/net", &st) : fstat(fd, &st)) < 0)
		return 1;
	for (size_t i = 0; i < l->n_inodes; i++)
		if (l->inodes[i] == st.st_ino)
			return 0;
	more = realloc(l->inodes, (l->n_inodes + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->inodes = more;
	more[l->n_inodes++] = st.st_ino;
	return 1;
}

/* Of a container the daemon itself: it has a link there. */
static int open_named(struct listing *l, const char *netns)
{
	size_t len = strlen(HOOK_CONTAINER_PREFIX);

	if (strncmp(netns, HOOK_CONTAINER_PREFIX, len) == 0)
		return job_container_netns(l->rq->ctx->forkserver, netns + len, NULL);
	return netns_open(netns, NULL);
}

/* @netns: name or path; NULL: our own. */
static int look_into(struct listing *l, const char *netns, struct reason *why)
{
	_cleanup_(hook_seen_list_done) struct hook_seen_list seen = {0};
	_close_ int fd = netns ? open_named(l, netns) : -1;
	int r;

	/* A namespace may go while we look; the others are still worth showing. */
	if (netns && fd < 0)
		return 0;
	r = note_netns(l, fd);
	if (r <= 0)
		return r;
	r = hook_observe(fd, netns, &seen, why);
	return r < 0 ? r : add_seen(l, &seen, why);
}

static void free_names(char ***names)
{
	netns_names_free(*names);
}

/* Namespaces that our links name by path or by a container are not in /run/netns. */
static int observe_paths(struct listing *l, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < l->ours.n && r == 0; i++) {
		const struct link *link = &l->ours.items[i];
		const char *at = strchr(link->hook, '@');
		bool is_netns =
			hook_kind_info(link->kind)->shape & (HOOK_ON_NETDEV | HOOK_ON_NETNS);

		if (is_netns && at && (at[1] == '/' || strchr(at, ':')))
			r = look_into(l, at + 1, why);
	}
	return r;
}

static bool is_listed(const struct listing *l, const struct link *link)
{
	for (size_t i = 0; i < l->out->n_hooks; i++)
		if (l->out->hooks[i]->link_id == link->id)
			return true;
	return false;
}

/* Kernels before 6.6 do not tell where a perf event is attached; of ours we know. */
static int add_unseen(struct listing *l, struct reason *why)
{
	int r = grow(l, l->ours.n, why);

	for (size_t i = 0; i < l->ours.n && r == 0; i++) {
		const struct link *link = &l->ours.items[i];
		struct hook_seen seen = {.hook.kind = link->kind,
					 .program_id = link->program_id,
					 .attached_by = "perf event"};
		const Bpfd__V1__Link *state;
		Bpfd__V1__HookEntry *e;

		if (hook_kind_info(link->kind)->shape & (HOOK_ON_NETDEV | HOOK_ON_NETNS) ||
		    is_listed(l, link) || !is_wanted(l, link->kind, link->hook))
			continue;
		state = reply_link(l->rq, link);
		e = request_message(l->rq, &bpfd__v1__hook_entry__descriptor);
		if (!state || !e)
			return fail(why, -ENOMEM, "out of memory");
		if (state->is_missing)
			continue;
		e->hook = request_string(l->rq, link->hook);
		fill_entry(l->rq, &seen, link, e);
		l->out->hooks[l->out->n_hooks++] = e;
	}
	return r;
}

int hooks_list_reply(struct request *rq, struct reason *why)
{
	_cleanup_(listing_done) struct listing l = {.rq = rq};
	_cleanup_(free_names) char **names = NULL;
	struct link_filter all = {0};
	int r;

	l.out = request_message(rq, &bpfd__v1__list_hooks_response__descriptor);
	r = l.out ? store_link_list(rq->ctx->store, &all, &l.ours, why)
		  : fail(why, -ENOMEM, "out of memory");
	if (r == 0)
		r = store_chain_list(rq->ctx->store, &l.chains, why);
	if (r == 0)
		r = look_into(&l, NULL, why);
	if (r == 0 && netns_names(&names, NULL) == 0)
		for (size_t i = 0; names && names[i] && r == 0; i++)
			r = look_into(&l, names[i], why);
	if (r == 0)
		r = observe_paths(&l, why);
	if (r == 0)
		r = add_unseen(&l, why);
	if (r < 0)
		return r;
	interference_note(rq, l.out, &l.ours);
	rq->out = &l.out->base;
	return request_finish(rq, why);
}
