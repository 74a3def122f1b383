/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a half-done change of a chain is brought to one side: that of its row. */
#include "daemon/reconcile/chains.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/names.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/reconcile/dispatchers.h"
#include "daemon/reconcile/filters.h"
#include "daemon/store/chain.h"
#include "daemon/store/pending.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/link.h"

/* "7-2": chain 7, revision 2. */
static int parse_name(const char *name, uint32_t *ret_id, uint32_t *ret_revision)
{
	const char *dash = strchr(name, '-');
	char id[16];

	if (!dash || dash - name >= (int)sizeof(id))
		return -EINVAL;
	snprintf(id, sizeof(id), "%.*s", (int)(dash - name), name);
	return text_parse_u32(id, ret_id) < 0 ? -EINVAL : text_parse_u32(dash + 1, ret_revision);
}

static void remove_without_row(const char *name, void *arg)
{
	struct context *ctx = arg;
	uint32_t id, revision;
	paths_buf path;

	if (parse_name(name, &id, &revision) < 0 ||
	    store_has_chain(ctx->store, id, revision, NULL) != 0)
		return;
	log_info("recover: chain %u, revision %u has no row: removed", id, revision);
	bpffs_remove_tree(paths_chain(ctx->paths, id, revision, path), NULL);
}

static void each_directory(struct context *ctx, names_visit *visit)
{
	paths_buf path;

	snprintf(path, sizeof(path), "%s/chains", ctx->paths->fs);
	names_each(path, visit, ctx);
}

int chains_recover_pending(struct context *ctx, struct reason *why)
{
	_cleanup_(chain_list_done) struct chain_list pending = {0};
	_cleanup_(chain_list_done) struct chain_list live = {0};
	uint32_t ids[STORE_EXT_MAX];
	int r = store_pending_chains(ctx->store, &pending, why);

	if (r == 0)
		r = store_chain_list(ctx->store, &live, why);
	for (size_t i = 0; i < pending.n && r == 0; i++) {
		const struct chain *c = &pending.items[i];

		log_info("recover: chain %u on %s was never finished: removed", c->id, c->hook);
		if (c->kind == HOOK_TC)
			filters_remove_strays(ctx, c, &live);
		if (c->kind == HOOK_XDP && store_ext_list(ctx->store, c->id, ids, NULL) > 0)
			dispatchers_restore(ctx, c);
	}
	return r;
}

static void point_back(struct context *ctx, const struct chain *c)
{
	struct link_facts *facts = calloc(1, sizeof(*facts));
	paths_buf path;
	_close_ int link = bpf_pin_open(paths_in_chain(ctx->paths, c, "link", path), false, NULL);
	_close_ int program = -1;

	if (facts && link >= 0 && link_facts_get(link, facts) == 0 &&
	    facts->program_id != c->program_id && filters_is_ours(ctx, facts->program_id)) {
		program = bpf_pin_open(paths_in_chain(ctx->paths, c, "p0", path), false, NULL);
		if (program >= 0 && link_update(link, program, -1) == 0)
			log_info("recover: %s runs revision %u of its chain again", c->hook,
				 c->revision);
	}
	free(facts);
}

int chains_recover_live(struct context *ctx, struct reason *why)
{
	_cleanup_(chain_list_done) struct chain_list live = {0};
	int r = store_chain_list(ctx->store, &live, why);

	for (size_t i = 0; i < live.n && r == 0; i++) {
		if (live.items[i].kernel_id)
			point_back(ctx, &live.items[i]);
		else if (live.items[i].kind == HOOK_TC)
			filters_restore(ctx, &live.items[i]);
		else if (dispatchers_has(&live.items[i]))
			dispatchers_restore(ctx, &live.items[i]);
	}
	if (r == 0)
		each_directory(ctx, remove_without_row);
	return r;
}
