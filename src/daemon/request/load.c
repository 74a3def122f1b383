/* SPDX-License-Identifier: Apache-2.0 */
/* Load and Unload. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/observe/bytecode.h"
#include "daemon/plan/build.h"
#include "daemon/plan/load.h"
#include "daemon/reply/reply.h"
#include "daemon/request/chains.h"
#include "daemon/request/drop.h"
#include "daemon/request/exports.h"
#include "daemon/request/handlers.h"
#include "daemon/store/store.h"
#include "wire/config.h"

/* The arrays a wish borrows; in the request's arena, shares' strings apart. */
static int fill_wish(struct request *rq, const Bpfd__V1__LoadRequest *in, struct load_wish *wish,
		     struct reason *why)
{
	struct load_choice *choices =
		wire_arena_alloc(&rq->arena, in->n_programs + 1, sizeof(*choices));
	struct config_global *globals =
		wire_arena_alloc(&rq->arena, in->n_globals + 1, sizeof(*globals));

	if (!choices || !globals)
		return fail(why, -ENOMEM, "out of memory");
	if (in->n_globals > CONFIG_GLOBALS_MAX)
		return fail(why, -E2BIG, "%zu globals; at most %d", in->n_globals,
			    CONFIG_GLOBALS_MAX);
	for (size_t i = 0; i < in->n_programs; i++)
		choices[i] = (struct load_choice){in->programs[i]->entry, in->programs[i]->name,
						  in->programs[i]->type};
	for (size_t i = 0; i < in->n_globals; i++)
		globals[i] = (struct config_global){in->globals[i]->name, in->globals[i]->value};
	wish->choices = choices;
	wish->n_choices = in->n_programs;
	wish->globals = globals;
	wish->n_globals = in->n_globals;
	wish->name = in->name;
	wish->want_log = in->want_log;
	wish->uid = rq->caller->identity.uid;
	wish->gid = rq->caller->identity.gid;
	wish->now = rq->now;
	return 0;
}

static int fill_exports(struct request *rq, const Bpfd__V1__LoadRequest *in, struct load_wish *wish,
			struct reason *why)
{
	struct load_export *exports =
		wire_arena_alloc(&rq->arena, in->n_exports + 1, sizeof(*exports));
	int r = exports ? 0 : fail(why, -ENOMEM, "out of memory");

	for (size_t i = 0; i < in->n_exports && r == 0; i++) {
		const Bpfd__V1__MapExport *e = in->exports[i];
		struct config_export from = {.map = e->map,
					     .owner = e->owner,
					     .group = e->group,
					     .has_mode = e->has_mode_case ==
							 BPFD__V1__MAP_EXPORT__HAS_MODE_MODE,
					     .mode = e->mode};

		r = export_resolve(rq->caller, &from, &exports[i], why);
	}
	wish->exports = exports;
	wish->n_exports = in->n_exports;
	return r;
}

static int fill_shares(struct request *rq, const Bpfd__V1__LoadRequest *in,
		       struct plan_share *shares, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < in->n_map_shares && r == 0; i++) {
		struct config_share share = {in->map_shares[i]->map, in->map_shares[i]->from};

		r = export_share_resolve(rq->ctx, rq->caller, &share, &shares[i], why);
	}
	return r;
}

int load_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__LoadRequest *in = (const Bpfd__V1__LoadRequest *)rq->in;
	_cleanup_(fetched_done) struct fetched f = {.fd = -1};
	_cleanup_(labels_done) struct labels labels = {0};
	_free_ struct plan_share *shares = calloc(in->n_map_shares + 1, sizeof(*shares));
	struct load_wish wish = {.labels = &labels, .shares = shares, .n_shares = in->n_map_shares};
	int r = shares ? 0 : fail(why, -ENOMEM, "out of memory");

	if (r == 0)
		r = fill_wish(rq, in, &wish, why);
	if (r == 0)
		r = fill_exports(rq, in, &wish, why);
	if (r == 0)
		r = wire_labels_decode(in->labels, in->n_labels, &labels, why);
	if (r == 0)
		r = fill_shares(rq, in, shares, why);
	if (r == 0)
		r = observe_bytecode(rq->ctx, rq->caller, in->bytecode, &f, why);
	for (size_t i = 0; i < wish.n_exports && r == 0; i++)
		r = export_check_type(rq->caller, &f.object, wish.exports[i].map, why);
	wish.bytecode = f.url;
	wish.digest = f.digest;
	wish.object = &f.object;
	wish.labels_of_image = &f.labels;
	if (r == 0)
		r = plan_add_wish(&rq->plan, &wish, rq->ctx->paths, why);
	for (size_t i = 0; shares && i < in->n_map_shares; i++)
		free(shares[i].map);
	if (r < 0)
		return r;
	rq->plan.loads[0].object_fd = take_fd(&f.fd);
	return chains_finish(rq, why);
}

int load_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__LoadResponse *out = request_message(rq, &bpfd__v1__load_response__descriptor);
	const struct plan_load *l = &rq->plan.loads[0];

	if (!out || !(out->programs = reply_array(rq, l->n_programs)))
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < l->n_programs; i++)
		if (!(out->programs[out->n_programs++] = reply_program(rq, &l->programs[i], true)))
			return fail(why, -ENOMEM, "out of memory");
	out->verifier_log = request_string(rq, l->result.log);
	rq->program_id = l->programs[0].id;
	rq->out = &out->base;
	return request_finish(rq, why);
}

static int drop_links_of(struct request *rq, const struct program *p, bool is_forced,
			 struct reason *why)
{
	_cleanup_(link_list_done) struct link_list links = {0};
	struct link_filter filter = {.program = p->uuid};
	int r = store_link_list(rq->ctx->store, &filter, &links, why);

	if (r < 0)
		return r;
	if (links.n > 0 && !is_forced) {
		fail(why, -EBUSY, "program %s is attached to %s%s", p->name, links.items[0].hook,
		     links.n > 1 ? " and others" : "");
		reason_hint(why, "detach it first, or: bpfctl unload --force %s", p->name);
		return -EBUSY;
	}
	for (size_t i = 0; i < links.n && r == 0; i++)
		r = drop_link(rq, &links.items[i], why);
	return r;
}

int unload_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__UnloadRequest *in = (const Bpfd__V1__UnloadRequest *)rq->in;
	_cleanup_(program_done) struct program p = {0};
	_text_ struct text what = {0};
	int r = store_program_get(rq->ctx->store, in->program, &p, why);

	if (r < 0)
		return r;
	rq->program_id = p.id;
	text_add(&what, "program %s", p.name);
	r = auth_check_owner(rq->caller, p.owner_uid, what.data ? what.data : "it", why);
	if (r == 0 && p.config && !in->force) {
		fail(why, -EBUSY, "program %s belongs to config %s", p.name, p.config);
		reason_hint(why, "delete the config, or: bpfctl unload --force %s", p.name);
		return -EBUSY;
	}
	if (r == 0)
		r = drop_links_of(rq, &p, in->force, why);
	if (r == 0)
		r = drop_program(rq, &p, why);
	if (r < 0)
		return r;
	return chains_finish(rq, why);
}

int unload_reply(struct request *rq, struct reason *why)
{
	rq->out = request_message(rq, &bpfd__v1__unload_response__descriptor);
	return request_finish(rq, why);
}
