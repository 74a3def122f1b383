/* SPDX-License-Identifier: Apache-2.0 */
/* Attach and Detach. */
#include "daemon/plan/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/observe/place.h"
#include "daemon/plan/build.h"
#include "daemon/reply/reply.h"
#include "daemon/request/chains.h"
#include "daemon/request/drop.h"
#include "daemon/request/handlers.h"
#include "daemon/store/store.h"
#include "wire/config.h"

static void set_wish(const Bpfd__V1__AttachRequest *in, struct attach_wish *wish)
{
	*wish = (struct attach_wish){
		.hook = in->hook,
		.has_priority =
			in->has_priority_case == BPFD__V1__ATTACH_REQUEST__HAS_PRIORITY_PRIORITY,
		.priority = in->priority,
		.proceed_on = (const char *const *)in->proceed_on,
		.n_proceed_on = in->n_proceed_on,
		.mode = in->mode,
		.is_counted = in->stats,
		.netns = in->netns,
	};
}

static int own_program(struct request *rq, const char *ref, struct program *ret, struct reason *why)
{
	_text_ struct text what = {0};
	int r = store_program_get(rq->ctx->store, ref, ret, why);

	if (r < 0)
		return r;
	rq->program_id = ret->id;
	text_add(&what, "program %s", ret->name);
	return auth_check_owner(rq->caller, ret->owner_uid, what.data ? what.data : "it", why);
}

static int fill_row(struct request *rq, const struct program *p, struct plan_link *l,
		    struct reason *why)
{
	memcpy(l->row.program, p->uuid, UUID_TEXT_SIZE);
	memcpy(l->pin_load, p->load, UUID_TEXT_SIZE);
	l->pin_index = p->index;
	l->row.program_id = p->id;
	l->row.owner_uid = rq->caller->identity.uid;
	l->row.attached_at = rq->now;
	return text_set(&l->row.program_name, p->name) < 0 ? fail(why, -ENOMEM, "out of memory")
							   : 0;
}

int attach_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__AttachRequest *in = (const Bpfd__V1__AttachRequest *)rq->in;
	_cleanup_(program_done) struct program p = {0};
	_cleanup_(link_list_done) struct link_list on_hook = {0};
	struct attach_wish wish;
	struct plan_link *l = plan_add_link(&rq->plan);
	int r = l ? own_program(rq, in->program, &p, why) : fail(why, -ENOMEM, "out of memory");

	if (r < 0)
		return r;
	set_wish(in, &wish);
	r = attach_wish_parse(&wish, &p, &l->hook, &l->row, why);
	if (r == 0)
		r = fill_row(rq, &p, l, why);
	if (r == 0)
		r = wire_labels_decode(in->labels, in->n_labels, &l->row.labels, why);
	if (r == 0)
		r = observe_place(rq->ctx, rq->caller, &l->hook, &l->place, why);
	if (r < 0)
		return r;
	l->row.netns_ino = l->place.netns_ino;
	r = chains_on_hook(rq, &l->hook, &on_hook, why);
	if (r == 0)
		r = plan_check_place(l, &on_hook, why);
	if (r < 0)
		return r;
	plan_place_among(&on_hook, l);
	return chains_finish(rq, why);
}

int attach_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__AttachResponse *out = request_message(rq, &bpfd__v1__attach_response__descriptor);

	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	out->link = reply_link(rq, &rq->plan.links[0].row);
	rq->link_id = rq->plan.links[0].row.id;
	rq->out = &out->base;
	return request_finish(rq, why);
}

/* The links a detach means: one by id, or those of a program, on one hook or on all. */
static int find_links(struct request *rq, const Bpfd__V1__DetachRequest *in, struct link_list *ret,
		      struct reason *why)
{
	_cleanup_(program_done) struct program p = {0};
	_cleanup_(hook_done) struct hook hook = {0};
	_free_ char *text = NULL;
	struct link_filter filter = {.program = p.uuid};
	int r;

	if (in->link) {
		ret->items = calloc(1, sizeof(*ret->items));
		if (!ret->items)
			return fail(why, -ENOMEM, "out of memory");
		r = store_link_get(rq->ctx->store, in->link, &ret->items[0], why);
		ret->n = r == 0;
		return r;
	}
	r = store_program_get(rq->ctx->store, in->program, &p, why);
	if (r == 0 && *in->hook) {
		r = hook_parse(in->hook, &hook, why);
		text = r == 0 ? hook_format(&hook) : NULL;
		filter.hook = text;
	}
	if (r == 0)
		r = store_link_list(rq->ctx->store, &filter, ret, why);
	if (r == 0 && ret->n == 0)
		return fail(why, -ENOENT, "program %s is not attached%s%s", p.name,
			    text ? " to " : "", text ? text : "");
	return r;
}

static int may_detach(const struct request *rq, const struct link *link, struct reason *why)
{
	_text_ struct text what = {0};
	int r;

	text_add(&what, "link %u", link->id);
	r = auth_check_owner(rq->caller, link->owner_uid, what.data ? what.data : "it", why);
	if (r < 0 || !link->config)
		return r;
	fail(why, -EBUSY, "link %u belongs to config %s", link->id, link->config);
	reason_hint(why, "leave the hook out of the manifest and apply it, or delete the config");
	return -EBUSY;
}

int detach_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__DetachRequest *in = (const Bpfd__V1__DetachRequest *)rq->in;
	_cleanup_(link_list_done) struct link_list links = {0};
	int r = find_links(rq, in, &links, why);

	for (size_t i = 0; i < links.n && r == 0; i++) {
		rq->link_id = links.items[i].id;
		r = may_detach(rq, &links.items[i], why);
		if (r == 0)
			r = drop_link(rq, &links.items[i], why);
	}
	if (r < 0)
		return r;
	return chains_finish(rq, why);
}

int detach_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__DetachResponse *out = request_message(rq, &bpfd__v1__detach_response__descriptor);

	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	out->links = wire_arena_alloc(&rq->arena, rq->plan.n_drop_links + 1, sizeof(uint32_t));
	for (size_t i = 0; out->links && i < rq->plan.n_drop_links; i++)
		out->links[out->n_links++] = rq->plan.drop_links[i].row.id;
	rq->out = &out->base;
	return request_finish(rq, why);
}
