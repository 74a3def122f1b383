/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a half-done attach, replace or detach is brought to one side. */
#include "daemon/reconcile/links.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/keeper.h"
#include "daemon/observe/place.h"
#include "daemon/paths/paths.h"
#include "daemon/store/pending.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/link.h"

static int open_program(struct context *ctx, const struct link *l, struct program *p)
{
	paths_buf path;

	if (store_program_by_uuid(ctx->store, l->program, p, NULL) < 0)
		return -ENOENT;
	return bpf_pin_open(paths_program(ctx->paths, p->load, p->index, path), false, NULL);
}

static bool is_owned(const struct link_list *live, const struct hook_seen *seen)
{
	for (size_t i = 0; i < live->n; i++)
		if (live->items[i].kind == HOOK_TC && live->items[i].tc_handle == seen->tc_handle &&
		    live->items[i].program_id == seen->program_id)
			return true;
	return false;
}

/* The filter of an attach that never got its handle written down: ours by its program, no row's by
 * its handle. */
static void remove_filter(const struct link *l, const struct link_list *live)
{
	_cleanup_(hook_done) struct hook hook = {0};
	_cleanup_(hook_seen_list_done) struct hook_seen_list seen = {0};
	struct hook_place place = {.hook = &hook, .netns_fd = -1, .binary_fd = -1};

	if (hook_parse(l->hook, &hook, NULL) < 0 ||
	    observe_place_of_link(l, &hook, &place, NULL) < 0)
		return;
	if (hook_ops(HOOK_TC)->resolve(&place, NULL) == 0 &&
	    hook_observe(place.netns_fd, hook.netns, &seen, NULL) == 0) {
		for (size_t i = 0; i < seen.n; i++) {
			const struct hook_seen *s = &seen.items[i];
			struct hook_attachment at = {.link_fd = -1,
						     .tc_handle = s->tc_handle,
						     .tc_priority = s->priority};

			if (s->hook.kind == HOOK_TC && s->program_id == l->program_id &&
			    !is_owned(live, s))
				hook_ops(HOOK_TC)->detach(&place, &at, s->program_id, NULL);
		}
	}
	place_done(&place);
}

int links_recover_pending(struct context *ctx, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list pending = {0};
	_cleanup_(link_list_done) struct link_list live = {0};
	struct link_filter all = {0};
	paths_buf path;
	int r = store_pending_links(ctx->store, &pending, why);

	if (r == 0)
		r = store_link_list(ctx->store, &all, &live, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < pending.n; i++) {
		const struct link *l = &pending.items[i];

		log_info("recover: link %u to %s was never finished: removed", l->id, l->hook);
		if (l->kind == HOOK_TC)
			remove_filter(l, &live);
		bpffs_unlink(paths_link(ctx->paths, l->id, path), NULL);
		keeper_drop(ctx->keeper, l->id);
	}
	return 0;
}

static void point_back(struct context *ctx, const struct link *l)
{
	_cleanup_(program_done) struct program p = {0};
	struct link_facts *facts = calloc(1, sizeof(*facts));
	paths_buf path;
	_close_ int link = bpf_pin_open(paths_link(ctx->paths, l->id, path), false, NULL);
	_close_ int program = -1;

	if (facts && link >= 0 && link_facts_get(link, facts) == 0 &&
	    facts->program_id != l->program_id) {
		program = open_program(ctx, l, &p);
		if (program >= 0 && link_update(link, program, -1) == 0)
			log_info("recover: link %u runs program %s again", l->id, l->program_name);
	}
	free(facts);
}

static void restore_filter(struct context *ctx, struct link *l)
{
	_cleanup_(hook_done) struct hook hook = {0};
	_cleanup_(program_done) struct program p = {0};
	struct hook_place place = {.hook = &hook, .netns_fd = -1, .binary_fd = -1};
	struct hook_attachment at = {
		.link_fd = -1, .tc_handle = l->tc_handle, .tc_priority = l->tc_priority};
	struct hook_attach_options options = {.priority = l->priority};
	const struct hook_ops *ops = hook_ops(HOOK_TC);
	_close_ int fd = -1;

	if (hook_parse(l->hook, &hook, NULL) < 0 ||
	    observe_place_of_link(l, &hook, &place, NULL) < 0)
		return;
	if (ops->check(&place, &at, l->program_id, NULL) == 0) {
		fd = open_program(ctx, l, &p);
		at = (struct hook_attachment){.link_fd = -1};
		if (fd >= 0 && ops->attach(&place, fd, &options, &at, NULL) == 0) {
			l->tc_handle = at.tc_handle;
			l->tc_priority = at.tc_priority;
			store_link_publish(ctx->store, l, NULL);
			log_info("recover: filter of link %u on %s is back", l->id, l->hook);
		}
	}
	place_done(&place);
}

int links_recover_live(struct context *ctx, bool was_interrupted, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list live = {0};
	_free_ uint32_t *ids = NULL;
	struct link_filter all = {0};
	int r = store_link_list(ctx->store, &all, &live, why);

	if (r < 0)
		return r;
	ids = calloc(live.n + 1, sizeof(*ids));
	if (!ids)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < live.n; i++) {
		struct link *l = &live.items[i];

		ids[i] = l->id;
		if (l->kind == HOOK_TC)
			restore_filter(ctx, l);
		else if (was_interrupted && (l->kind == HOOK_XDP || l->kind == HOOK_TCX))
			point_back(ctx, l);
	}
	keeper_retain(ctx->keeper, ids, (uint32_t)live.n);
	return 0;
}
