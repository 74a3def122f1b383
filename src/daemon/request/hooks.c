/* SPDX-License-Identifier: Apache-2.0 */
/* ListHooks: what runs where, ours and foreign, in execution order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/netns.h"

#define HOOKS_MAX 100000

static const struct link *find_ours(const struct link_list *ours, const struct hook_seen *seen,
				    const char *hook)
{
	for (size_t i = 0; i < ours->n; i++) {
		const struct link *l = &ours->items[i];

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
}

static int add_seen(struct request *rq, const struct hook_seen_list *seen,
		    const struct link_list *ours, Bpfd__V1__ListHooksResponse *out,
		    struct reason *why)
{
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;
	Bpfd__V1__HookEntry **more =
		wire_arena_alloc(&rq->arena, out->n_hooks + seen->n + 1, sizeof(*more));

	if (!more || out->n_hooks + seen->n > HOOKS_MAX)
		return fail(why, -E2BIG, "too many hooks to list");
	if (out->n_hooks > 0)
		memcpy(more, out->hooks, out->n_hooks * sizeof(*more));
	out->hooks = more;
	for (size_t i = 0; i < seen->n; i++) {
		_free_ char *hook = hook_format(&seen->items[i].hook);
		const struct link *l;
		Bpfd__V1__HookEntry *e = request_message(rq, &bpfd__v1__hook_entry__descriptor);

		if (!hook || !e)
			return fail(why, -ENOMEM, "out of memory");
		if (*in->type &&
		    strcmp(in->type, hook_kind_info(seen->items[i].hook.kind)->name) != 0)
			continue;
		if (*in->ref && strncmp(hook, in->ref, strlen(in->ref)) != 0)
			continue;
		l = find_ours(ours, &seen->items[i], hook);
		e->hook = request_string(rq, l ? l->hook : hook);
		fill_entry(rq, &seen->items[i], l, e);
		out->hooks[out->n_hooks++] = e;
	}
	return 0;
}

static int observe_netns(struct request *rq, const char *netns, const struct link_list *ours,
			 Bpfd__V1__ListHooksResponse *out, struct reason *why)
{
	_cleanup_(hook_seen_list_done) struct hook_seen_list seen = {0};
	_close_ int fd = netns ? netns_open(netns, NULL) : -1;
	int r;

	/* A namespace may go while we look; the others are still worth showing. */
	if (netns && fd < 0)
		return 0;
	r = hook_observe(fd, netns, &seen, why);
	return r < 0 ? r : add_seen(rq, &seen, ours, out, why);
}

static void free_names(char ***names)
{
	netns_names_free(*names);
}

/* Namespaces that our links name by path are not in /run/netns. */
static int observe_paths(struct request *rq, const struct link_list *ours,
			 Bpfd__V1__ListHooksResponse *out, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < ours->n && r == 0; i++) {
		const char *at = strchr(ours->items[i].hook, '@');
		bool is_known = false;

		if (!at || at[1] != '/')
			continue;
		for (size_t j = 0; j < i && !is_known; j++) {
			const char *other = strchr(ours->items[j].hook, '@');

			is_known = other && strcmp(other, at) == 0;
		}
		if (!is_known)
			r = observe_netns(rq, at + 1, ours, out, why);
	}
	return r;
}

int hooks_list_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ListHooksResponse *out =
		request_message(rq, &bpfd__v1__list_hooks_response__descriptor);
	_cleanup_(link_list_done) struct link_list ours = {0};
	_cleanup_(free_names) char **names = NULL;
	struct link_filter all = {0};
	int r = out ? store_link_list(rq->ctx->store, &all, &ours, why)
		    : fail(why, -ENOMEM, "out of memory");

	if (r == 0)
		r = observe_netns(rq, NULL, &ours, out, why);
	if (r == 0 && netns_names(&names, NULL) == 0)
		for (size_t i = 0; names && names[i] && r == 0; i++)
			r = observe_netns(rq, names[i], &ours, out, why);
	if (r == 0)
		r = observe_paths(rq, &ours, out, why);
	if (r < 0)
		return r;
	rq->out = &out->base;
	return request_finish(rq, why);
}
