/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of programs, links, maps and configs, and the description of one program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/store/config.h"
#include "daemon/store/store.h"
#include "daemon/volume/volume.h"
#include "kernel/bpf.h"
#include "wire/config.h"

/* What the caller narrows a list down to. */
struct narrow {
	struct labels selector;
	enum hook_kind kind; /* HOOK_KIND_UNKNOWN: all */
	const char *ref;
};

static void narrow_done(struct narrow *n)
{
	labels_done(&n->selector);
}

static int narrow_init(struct request *rq, struct narrow *ret, struct reason *why)
{
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;

	ret->kind = HOOK_KIND_UNKNOWN;
	ret->ref = in->ref;
	if (*in->type) {
		ret->kind = hook_kind_parse(in->type);
		if (ret->kind == HOOK_KIND_UNKNOWN)
			return fail(why, -EINVAL, "\"%s\" is no type of program", in->type);
	}
	return wire_labels_decode(in->selector, in->n_selector, &ret->selector, why);
}

static bool program_passes(const struct narrow *n, const struct program *p)
{
	return (n->kind == HOOK_KIND_UNKNOWN || n->kind == p->kind) &&
	       labels_match(&p->labels, &n->selector);
}

int list_programs_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ListProgramsResponse *out =
		request_message(rq, &bpfd__v1__list_programs_response__descriptor);
	_cleanup_(narrow_done) struct narrow narrow = {0};
	_cleanup_(program_list_done) struct program_list list = {0};
	_cleanup_(program_done) struct program one = {0};
	int r = narrow_init(rq, &narrow, why);

	if (r == 0 && *narrow.ref) {
		r = store_program_get(rq->ctx->store, narrow.ref, &one, why);
	} else if (r == 0) {
		r = store_program_list(rq->ctx->store, NULL, NULL, &list, why);
	}
	if (r < 0)
		return r;
	if (!out || !(out->programs = reply_array(rq, list.n + 1)))
		return fail(why, -ENOMEM, "out of memory");
	if (one.name && program_passes(&narrow, &one))
		out->programs[out->n_programs++] = reply_program(rq, &one, true);
	for (size_t i = 0; i < list.n; i++)
		if (program_passes(&narrow, &list.items[i]))
			out->programs[out->n_programs++] = reply_program(rq, &list.items[i], false);
	rq->out = &out->base;
	return request_finish(rq, why);
}

static bool link_passes(const struct narrow *n, const struct link *l)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", l->id);
	return (n->kind == HOOK_KIND_UNKNOWN || n->kind == l->kind) &&
	       labels_match(&l->labels, &n->selector) &&
	       (!*n->ref || strcmp(n->ref, id) == 0 || strcmp(n->ref, l->program_name) == 0 ||
		strcmp(n->ref, l->hook) == 0);
}

int list_links_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ListLinksResponse *out =
		request_message(rq, &bpfd__v1__list_links_response__descriptor);
	_cleanup_(narrow_done) struct narrow narrow = {0};
	_cleanup_(link_list_done) struct link_list list = {0};
	struct link_filter all = {0};
	int r = narrow_init(rq, &narrow, why);

	if (r == 0)
		r = store_link_list(rq->ctx->store, &all, &list, why);
	if (r < 0)
		return r;
	if (!out || !(out->links = reply_array(rq, list.n)))
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < list.n; i++)
		if (link_passes(&narrow, &list.items[i]))
			out->links[out->n_links++] = reply_link(rq, &list.items[i]);
	if (*narrow.ref && out->n_links == 0)
		return fail(why, -ENOENT, "no link \"%s\"", narrow.ref);
	rq->out = &out->base;
	return request_finish(rq, why);
}

int list_maps_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ListMapsResponse *out =
		request_message(rq, &bpfd__v1__list_maps_response__descriptor);
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;
	_cleanup_(map_list_done) struct map_list list = {0};
	_cleanup_(map_done) struct map one = {0};
	const struct volume *volume = rq->caller->volume;
	int r;

	if (*in->ref)
		r = volume ? volume_map_find(rq->ctx->store, volume, in->ref, &one, why)
			   : store_map_get(rq->ctx->store, in->ref, &one, why);
	else
		r = volume ? volume_map_list(rq->ctx->store, volume, &list, why)
			   : store_map_list(rq->ctx->store, NULL, NULL, &list, why);
	if (r < 0)
		return r;
	if (!out || !(out->maps = reply_array(rq, list.n + 1)))
		return fail(why, -ENOMEM, "out of memory");
	if (one.name)
		out->maps[out->n_maps++] = reply_map(rq, &one);
	for (size_t i = 0; i < list.n; i++)
		out->maps[out->n_maps++] = reply_map(rq, &list.items[i]);
	/* Where else the map is pinned is the host's affair. */
	for (size_t i = 0; volume && i < out->n_maps; i++)
		if (out->maps[i])
			out->maps[i]->export_path = request_string(rq, "");
	rq->out = &out->base;
	return request_finish(rq, why);
}

static int add_config(struct request *rq, const struct config_row *row,
		      Bpfd__V1__ListConfigsResponse *out, struct reason *why)
{
	_cleanup_(link_list_done) struct link_list links = {0};
	struct link_filter filter = {.config = row->name};
	ProtobufCMessage *message;
	Bpfd__V1__Config *c;
	int r = wire_unpack(&bpfd__v1__config__descriptor, row->body, row->body_len, &rq->arena,
			    &message);

	if (r == 0)
		r = store_link_list(rq->ctx->store, &filter, &links, why);
	if (r < 0)
		return fail(why, r, "cannot read config %s from the state", row->name);
	c = (Bpfd__V1__Config *)message;
	c->owner_uid = row->owner;
	c->applied_at = row->applied_at;
	c->generation = row->generation;
	c->links = (uint32_t)links.n;
	out->configs[out->n_configs++] = c;
	return 0;
}

int list_configs_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ListConfigsResponse *out =
		request_message(rq, &bpfd__v1__list_configs_response__descriptor);
	const Bpfd__V1__ListRequest *in = (const Bpfd__V1__ListRequest *)rq->in;
	_cleanup_(config_row_list_done) struct config_row_list list = {0};
	int r = store_config_list(rq->ctx->store, *in->ref ? in->ref : NULL, &list, why);

	if (r < 0)
		return r;
	if (*in->ref && list.n == 0)
		return fail(why, -ENOENT, "no config \"%s\"", in->ref);
	if (!out || !(out->configs = reply_array(rq, list.n)))
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < list.n && r == 0; i++)
		r = add_config(rq, &list.items[i], out, why);
	rq->out = &out->base;
	return r < 0 ? r : request_finish(rq, why);
}

static int add_parts(struct request *rq, const struct program *p, Bpfd__V1__ProgramDescription *out,
		     struct reason *why)
{
	_cleanup_(link_list_done) struct link_list links = {0};
	_cleanup_(map_list_done) struct map_list maps = {0};
	struct link_filter filter = {.program = p->uuid};
	int r = store_link_list(rq->ctx->store, &filter, &links, why);

	if (r == 0)
		r = store_map_list(rq->ctx->store, NULL, p->uuid, &maps, why);
	if (r < 0)
		return r;
	out->links = reply_array(rq, links.n);
	out->maps = reply_array(rq, maps.n);
	for (size_t i = 0; out->links && i < links.n; i++)
		out->links[out->n_links++] = reply_link(rq, &links.items[i]);
	for (size_t i = 0; out->maps && i < maps.n; i++)
		out->maps[out->n_maps++] = reply_map(rq, &maps.items[i]);
	return 0;
}

int list_describe_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__DescribeProgramRequest *in =
		(const Bpfd__V1__DescribeProgramRequest *)rq->in;
	Bpfd__V1__ProgramDescription *out =
		request_message(rq, &bpfd__v1__program_description__descriptor);
	_cleanup_(program_done) struct program p = {0};
	struct bpf_prog_info info = {0};
	int r = out ? store_program_get(rq->ctx->store, in->program, &p, why)
		    : fail(why, -ENOMEM, "out of memory");
	paths_buf path;

	if (r == 0)
		r = add_parts(rq, &p, out, why);
	if (r < 0)
		return r;
	out->program = reply_program(rq, &p, true);
	{
		_close_ int fd = bpf_pin_open(paths_program(rq->ctx->paths, p.load, p.index, path),
					      false, NULL);

		if (fd >= 0 && bpf_program_info(fd, &info) == 0) {
			out->run_time_ns = info.run_time_ns;
			out->run_count = info.run_cnt;
		}
	}
	rq->program_id = p.id;
	rq->out = &out->base;
	return request_finish(rq, why);
}
