/* SPDX-License-Identifier: Apache-2.0 */
/* Apply and Delete: a config becomes one plan, so that it happens as a whole or not at all. */
#include "daemon/request/chains.h"
#include "daemon/request/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/observe/bytecode.h"
#include "daemon/plan/build.h"
#include "daemon/plan/diff.h"
#include "daemon/plan/load.h"
#include "daemon/reply/reply.h"
#include "daemon/request/drop.h"
#include "daemon/request/exports.h"
#include "daemon/request/handlers.h"
#include "daemon/store/config.h"
#include "manifest/settings.h"
#include "wire/config.h"

static void apply_done(struct apply *a)
{
	config_done(&a->config);
	program_list_done(&a->programs);
	link_list_done(&a->links);
	free(a->wanted);
	free(a->is_kept);
}

static const char *what_of(const char *verb)
{
	static const char *const links[] = {"attach", "detach", "replace"};

	for (size_t i = 0; i < array_size(links); i++)
		if (strcmp(verb, links[i]) == 0)
			return "link";
	return strstr(verb, "load") ? "program" : "config";
}

int apply_note(struct apply *a, const char *verb, const char *name, const char *text)
{
	_text_ struct text object = {0};
	struct plan_words words = {.config = a->config.name, .verb = verb, .text = text};

	text_add(&object, "%s %s", what_of(verb), name);
	words.object = object.data;
	return object.r < 0 ? object.r : plan_add_note(&a->rq->plan, &words);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Programs of one object with the same globals and shares are loaded together and share maps. */
static bool is_same_group(const struct config_program *a, const struct config_program *b)
{
	if (!same_text(a->bytecode, b->bytecode) || a->n_globals != b->n_globals ||
	    a->n_shares != b->n_shares)
		return false;
	for (size_t i = 0; i < a->n_globals; i++)
		if (!same_text(a->globals[i].name, b->globals[i].name) ||
		    !same_text(a->globals[i].value, b->globals[i].value))
			return false;
	for (size_t i = 0; i < a->n_shares; i++)
		if (!same_text(a->shares[i].map, b->shares[i].map) ||
		    !same_text(a->shares[i].from, b->shares[i].from))
			return false;
	return true;
}

static const char *program_name(struct apply *a, size_t i)
{
	_free_ char *name = config_program_name(&a->config, i);

	return request_string(a->rq, name);
}

/* One group while it is compared. @members: indexes of the config's programs. */
struct group {
	const struct config_program *first;
	size_t *members;
	size_t n;
	struct load_choice *choices;
	struct plan_share *shares;
	struct load_export *exports;
	size_t n_exports;
};

static int fill_group(struct apply *a, size_t first, struct group *g, struct reason *why)
{
	const struct config *c = &a->config;
	struct wire_arena *arena = &a->rq->arena;
	int r = 0;

	g->first = &c->programs[first];
	g->members = wire_arena_alloc(arena, c->n_programs, sizeof(*g->members));
	g->choices = wire_arena_alloc(arena, c->n_programs, sizeof(*g->choices));
	g->shares = wire_arena_alloc(arena, g->first->n_shares + 1, sizeof(*g->shares));
	g->exports = wire_arena_alloc(arena, c->n_exports + 1, sizeof(*g->exports));
	if (!g->members || !g->choices || !g->shares || !g->exports)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = first; i < c->n_programs; i++) {
		const struct config_program *p = &c->programs[i];

		if (!is_same_group(p, g->first))
			continue;
		a->wanted[i].name = program_name(a, i);
		g->members[g->n] = i;
		g->choices[g->n++] = (struct load_choice){p->entry, a->wanted[i].name, p->type};
	}
	for (size_t i = 0; i < g->first->n_shares && r == 0; i++)
		r = export_share_resolve(a->rq->ctx, a->rq->caller, &g->first->shares[i],
					 &g->shares[i], why);
	return r;
}

/* The exports of the config that this object has. */
static int fill_exports(struct apply *a, const struct object *object, struct group *g,
			bool *is_used, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < a->config.n_exports && r == 0; i++) {
		const struct object_map *map = object_find_map(object, a->config.exports[i].map);

		if (!map || map->is_internal || is_used[i])
			continue;
		is_used[i] = true;
		r = export_check_type(a->rq->caller, object, map->name, why);
		if (r == 0)
			r = export_resolve(a->rq->caller, &a->config.exports[i],
					   &g->exports[g->n_exports++], why);
	}
	return r;
}

static void fill_wish(struct apply *a, const struct group *g, const struct fetched *f,
		      struct load_wish *wish)
{
	*wish = (struct load_wish){
		.bytecode = f->url,
		.digest = f->digest,
		.object = &f->object,
		.labels_of_image = &f->labels,
		.config = a->config.name,
		.choices = g->choices,
		.n_choices = g->n,
		.globals = g->first->globals,
		.n_globals = g->first->n_globals,
		.labels = &a->config.labels,
		.shares = g->shares,
		.n_shares = g->first->n_shares,
		.exports = g->exports,
		.n_exports = g->n_exports,
		.uid = a->config.owner,
		.gid = a->rq->caller->identity.gid,
		.now = a->rq->now,
	};
}

static bool is_unchanged(struct apply *a, const struct plan *scratch, struct reason *why)
{
	_cleanup_(map_list_done) struct map_list maps = {0};
	const struct program *one =
		diff_find_program(&a->programs, scratch->loads[0].programs[0].name);

	if (!one || !diff_same_load(&scratch->loads[0], &a->programs))
		return false;
	if (store_map_list(a->rq->ctx->store, one->load, NULL, &maps, why) < 0)
		return false;
	return diff_same_exports(scratch->exports, scratch->n_exports, &maps);
}

/* Move the one load of @scratch, and its exports, to the plan. */
static int adopt(struct apply *a, struct plan *scratch, struct fetched *f, struct reason *why)
{
	struct plan *plan = &a->rq->plan;
	size_t index = plan->n_loads;
	struct plan_load *to = plan_add_load(plan);

	if (!to)
		return fail(why, -ENOMEM, "out of memory");
	*to = scratch->loads[0];
	to->object_fd = take_fd(&f->fd);
	scratch->n_loads = 0;
	for (size_t i = 0; i < scratch->n_exports; i++) {
		struct plan_export *e = plan_add_export(plan);

		if (!e)
			return fail(why, -ENOMEM, "out of memory");
		*e = scratch->exports[i];
		e->load = index;
		scratch->exports[i] = (struct plan_export){0};
	}
	for (size_t i = 0; i < to->n_programs; i++)
		if (apply_note(a, "load", to->programs[i].name, to->programs[i].bytecode) < 0)
			return fail(why, -ENOMEM, "out of memory");
	return 0;
}

static int plan_group(struct apply *a, size_t first, bool *is_used, struct reason *why)
{
	_cleanup_(fetched_done) struct fetched f = {.fd = -1};
	_cleanup_(plan_done) struct plan scratch = {0};
	struct group g = {0};
	struct load_wish wish;
	bool is_same;
	int r = fill_group(a, first, &g, why);

	if (r == 0)
		r = observe_bytecode(a->rq->ctx, a->rq->caller, g.first->bytecode, &f, why);
	if (r == 0)
		r = fill_exports(a, &f.object, &g, is_used, why);
	fill_wish(a, &g, &f, &wish);
	if (r == 0)
		r = plan_add_wish(&scratch, &wish, a->rq->ctx->paths, why);
	for (size_t i = 0; g.shares && i < g.first->n_shares; i++)
		free(g.shares[i].map);
	if (r < 0)
		return r;
	is_same = is_unchanged(a, &scratch, why);
	for (size_t i = 0; i < g.n; i++) {
		struct wanted *w = &a->wanted[g.members[i]];

		w->running = is_same ? diff_find_program(&a->programs, w->name) : NULL;
		w->load = a->rq->plan.n_loads;
		w->program = i;
	}
	return is_same ? 0 : adopt(a, &scratch, &f, why);
}

static int plan_programs(struct apply *a, struct reason *why)
{
	bool *is_used = wire_arena_alloc(&a->rq->arena, a->config.n_exports + 1, sizeof(bool));
	int r = is_used ? 0 : fail(why, -ENOMEM, "out of memory");

	for (size_t i = 0; i < a->config.n_programs && r == 0; i++)
		if (!a->wanted[i].name)
			r = plan_group(a, i, is_used, why);
	for (size_t i = 0; i < a->config.n_exports && r == 0; i++)
		if (!is_used[i])
			r = fail(why, -ENOENT, "config %s: no object has a map \"%s\" to export",
				 a->config.name, a->config.exports[i].map);
	return r;
}

static bool is_wanted(const struct apply *a, const struct program *p)
{
	for (size_t i = 0; i < a->config.n_programs && a->is_selected; i++)
		if (a->wanted[i].running == p)
			return true;
	return false;
}

/* After the links: programs that nothing wants any more, old versions included. */
static int drop_programs(struct apply *a, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < a->programs.n && r == 0; i++) {
		struct program *p = &a->programs.items[i];

		if (is_wanted(a, p))
			continue;
		r = apply_note(a, "unload", p->name, "");
		if (r == 0)
			r = drop_program(a->rq, p, why);
	}
	return r;
}

static int put_config(struct apply *a, const struct config_row_list *before, struct reason *why)
{
	struct plan_config_change *c = plan_add_config(&a->rq->plan);
	Bpfd__V1__Config *message = NULL;
	int r = c ? wire_config_encode(&a->config, &a->rq->arena, &message) : -ENOMEM;

	if (r < 0)
		return fail(why, r, "out of memory");
	message->is_selected = a->is_selected;
	c->what = PLAN_CONFIG_PUT;
	c->owner = a->config.owner;
	c->applied_at = a->rq->now;
	c->generation = before->n ? before->items[0].generation + 1 : 1;
	r = wire_pack(&message->base, &c->body, &c->body_len);
	if (r == 0)
		r = text_set(&c->name, a->config.name);
	return r < 0 ? fail(why, r, "out of memory") : 0;
}

static int read_running(struct apply *a, struct config_row_list *before, struct reason *why)
{
	struct link_filter filter = {.config = a->config.name};
	_text_ struct text what = {0};
	int r = store_config_list(a->rq->ctx->store, a->config.name, before, why);

	text_add(&what, "config %s", a->config.name);
	a->config.owner = before->n ? before->items[0].owner : a->rq->caller->identity.uid;
	if (r == 0)
		r = auth_check_owner(a->rq->caller, a->config.owner, what.data ? what.data : "it",
				     why);
	if (r == 0)
		r = store_program_list(a->rq->ctx->store, a->config.name, NULL, &a->programs, why);
	if (r == 0)
		r = store_link_list(a->rq->ctx->store, &filter, &a->links, why);
	return r;
}

static size_t count_changes(const struct plan *plan)
{
	return plan->n_loads + plan->n_links + plan->n_drop_links + plan->n_drop_programs;
}

static int plan_config(struct request *rq, const Bpfd__V1__Config *in, struct reason *why)
{
	_cleanup_(apply_done) struct apply a = {.rq = rq};
	_cleanup_(config_row_list_done) struct config_row_list before = {0};
	size_t changes = count_changes(&rq->plan);
	int r = wire_config_decode(in, &a.config, why);

	if (r == 0)
		r = config_check(&a.config, why);
	if (r == 0)
		r = read_running(&a, &before, why);
	if (r < 0)
		return r;
	a.is_selected = selector_match(&a.config.node_selector, &rq->ctx->settings->labels);
	a.wanted = calloc(a.config.n_programs + 1, sizeof(*a.wanted));
	if (!a.wanted)
		return fail(why, -ENOMEM, "out of memory");
	if (!a.is_selected)
		r = apply_note(&a, "skip", a.config.name,
			       "its node selector does not match the labels of this node");
	else
		r = plan_programs(&a, why);
	if (r == 0)
		r = apply_links(&a, why);
	if (r == 0)
		r = drop_programs(&a, why);
	if (r == 0 && before.n > 0 && count_changes(&rq->plan) == changes)
		return a.is_selected ? apply_note(&a, "unchanged", a.config.name, "") : 0;
	return r < 0 ? r : put_config(&a, &before, why);
}

/* What runs is read once for each: a second one would not see what the first changes. */
static int given_twice(const char *name, struct reason *why)
{
	return fail(why, -EINVAL, "config %s is given twice", name);
}

int apply_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ApplyRequest *in = (const Bpfd__V1__ApplyRequest *)rq->in;
	int r = 0;

	if (in->n_configs == 0)
		return fail(why, -EINVAL, "nothing to apply");
	for (size_t i = 0; i < in->n_configs && r == 0; i++) {
		for (size_t j = 0; j < i; j++)
			if (strcmp(in->configs[i]->name, in->configs[j]->name) == 0)
				return given_twice(in->configs[i]->name, why);
		r = plan_config(rq, in->configs[i], why);
		if (r < 0)
			reason_prefix(why, "config %s", in->configs[i]->name);
	}
	if (r < 0 || in->dry_run)
		return r;
	return chains_finish(rq, why);
}

static bool is_warning(const struct plan_note *n)
{
	return strcmp(n->verb, APPLY_WARNING) == 0;
}

static char **warnings(struct request *rq, size_t *ret_n)
{
	char **list = reply_array(rq, rq->plan.n_notes);

	*ret_n = 0;
	for (size_t i = 0; list && i < rq->plan.n_notes; i++) {
		const struct plan_note *n = &rq->plan.notes[i];
		_text_ struct text t = {0};

		if (!is_warning(n))
			continue;
		text_add(&t, "config %s: %s: %s", n->config, n->object, n->text);
		list[(*ret_n)++] = request_string(rq, t.data);
	}
	return list;
}

static Bpfd__V1__Change **changes(struct request *rq, size_t *ret_n)
{
	Bpfd__V1__Change **list = reply_array(rq, rq->plan.n_notes);

	*ret_n = 0;
	for (size_t i = 0; list && i < rq->plan.n_notes; i++) {
		const struct plan_note *n = &rq->plan.notes[i];
		Bpfd__V1__Change *c;

		if (is_warning(n))
			continue;
		c = request_message(rq, &bpfd__v1__change__descriptor);
		if (!c)
			break;
		c->config = request_string(rq, n->config);
		c->verb = request_string(rq, n->verb);
		c->object = request_string(rq, n->object);
		c->text = request_string(rq, n->text);
		list[(*ret_n)++] = c;
	}
	return list;
}

int apply_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__ApplyResponse *out = request_message(rq, &bpfd__v1__apply_response__descriptor);

	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	out->changes = changes(rq, &out->n_changes);
	out->warnings = warnings(rq, &out->n_warnings);
	rq->out = &out->base;
	return request_finish(rq, why);
}

static int plan_delete(struct request *rq, const char *name, struct reason *why)
{
	_cleanup_(apply_done) struct apply a = {.rq = rq};
	_cleanup_(config_row_list_done) struct config_row_list before = {0};
	struct plan_config_change *c;
	int r = text_set(&a.config.name, name);

	if (r == 0)
		r = read_running(&a, &before, why);
	if (r < 0)
		return r;
	if (before.n == 0) {
		fail(why, -ENOENT, "no config \"%s\"", name);
		reason_hint(why, "bpfctl get configs lists what was applied");
		return -ENOENT;
	}
	r = apply_links(&a, why);
	if (r == 0)
		r = drop_programs(&a, why);
	if (r < 0)
		return r;
	c = plan_add_config(&rq->plan);
	if (!c || text_set(&c->name, name) < 0)
		return fail(why, -ENOMEM, "out of memory");
	c->what = PLAN_CONFIG_DELETE;
	return 0;
}

int apply_delete_plan(struct request *rq, struct reason *why)
{
	const Bpfd__V1__DeleteRequest *in = (const Bpfd__V1__DeleteRequest *)rq->in;
	int r = 0;

	if (in->n_configs == 0)
		return fail(why, -EINVAL, "nothing to delete");
	for (size_t i = 0; i < in->n_configs && r == 0; i++) {
		for (size_t j = 0; j < i; j++)
			if (strcmp(in->configs[i], in->configs[j]) == 0)
				return given_twice(in->configs[i], why);
		r = plan_delete(rq, in->configs[i], why);
	}
	if (r < 0)
		return r;
	return chains_finish(rq, why);
}

int apply_delete_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__DeleteResponse *out = request_message(rq, &bpfd__v1__delete_response__descriptor);

	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	out->changes = changes(rq, &out->n_changes);
	rq->out = &out->base;
	return request_finish(rq, why);
}
