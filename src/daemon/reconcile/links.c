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

static void end_now(const char *pin)
{
	_close_ int link = bpf_pin_open(pin, false, NULL);

	if (link >= 0)
		link_detach(link);
}

int links_recover_pending(struct context *ctx, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list pending = {0};
	paths_buf path;
	int r = store_pending_links(ctx->store, &pending, why);

	if (r < 0)
		return r;
	for (size_t i = 0; i < pending.n; i++) {
		const struct link *l = &pending.items[i];

		log_info("recover: link %u to %s was never finished: removed", l->id, l->hook);
		/* its program may have to go back to another link of the hook, which takes it once
		 */
		if (l->kind == HOOK_TCX)
			end_now(paths_link(ctx->paths, l->id, path));
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
		if (was_interrupted && l->kind == HOOK_TCX)
			point_back(ctx, l);
	}
	keeper_retain(ctx->keeper, ids, (uint32_t)live.n);
	return 0;
}
