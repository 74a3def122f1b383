/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the translation of rows; strings are copied into the request's arena. */
#include "daemon/reply/reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "daemon/context.h"
#include "daemon/keeper.h"
#include "daemon/observe/dispatcher.h"
#include "daemon/observe/place.h"
#include "daemon/paths/paths.h"
#include "daemon/reply/counters.h"
#include "daemon/store/chain.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/container/container.h"
#include "kernel/link.h"
#include "kernel/map.h"
#include "model/object.h"
#include "model/verdict.h"

#define NEW(rq, type) request_message(rq, &bpfd__v1__##type##__descriptor)

void *reply_array(struct request *rq, size_t n)
{
	return wire_arena_alloc(&rq->arena, n + 1, sizeof(void *));
}

/* Copies, because the rows are gone before the answer is packed. */
static void add_labels(struct request *rq, const struct labels *from, size_t *ret_n,
		       Bpfd__V1__Label ***ret)
{
	*ret = reply_array(rq, from->n);
	for (size_t i = 0; *ret && i < from->n; i++) {
		Bpfd__V1__Label *l = NEW(rq, label);

		if (!l)
			return;
		l->key = request_string(rq, from->items[i].key);
		l->value = request_string(rq, from->items[i].value);
		(*ret)[(*ret_n)++] = l;
	}
}

static bool is_container_gone(const char *id)
{
	struct container c = {.id = id};

	return container_find(&c, 1, NULL) < 0 || c.pid == 0;
}

/* A member of libxdp's dispatcher is held by pins that its tools may remove. */
static bool is_out_of_dispatcher(struct context *ctx, const struct link *link)
{
	_cleanup_(hook_done) struct hook hook = {0};
	_cleanup_(place_done) struct hook_place place = {.netns_fd = -1, .binary_fd = -1};
	struct libxdp_state state;

	if (hook_parse(link->hook, &hook, NULL) < 0)
		return true;
	/* The thread that only reads cannot enter a container. */
	if (!ctx->forkserver && hook_container(&hook))
		return is_container_gone(hook_container(&hook));
	return observe_place_of_link(ctx, link, &hook, &place, NULL) < 0 ||
	       observe_dispatcher(&place, &state, NULL) < 0 ||
	       !dispatcher_has(&state, link->ext_id);
}

/* A pinned link of a device outlives the device, and its forced end by another: it has no device
 * then. */
static bool is_link_missing(struct request *rq, const struct link *link, const struct chain *chain)
{
	bool is_on_netdev = hook_kind_info(link->kind)->shape & HOOK_ON_NETDEV;
	struct link_facts facts;
	paths_buf path;

	if (link->is_kept)
		return false;
	paths_link(rq->ctx->paths, link->id, path);
	if (chain && chain->id)
		paths_in_chain(rq->ctx->paths, chain, "link", path);
	if (link->ext_id)
		return is_out_of_dispatcher(rq->ctx, link);
	if (chain && !chain->kernel_id)
		return chain->id == 0;
	if (!is_on_netdev && !(hook_kind_info(link->kind)->shape & HOOK_ON_NETNS))
		return access(path, F_OK) < 0;

	_close_ int fd = bpf_pin_open(path, false, NULL);

	return fd < 0 || link_facts_get(fd, &facts) < 0 ||
	       (is_on_netdev ? facts.ifindex : facts.netns_inode) == 0;
}

static void add_chain(struct request *rq, const struct link *from, const struct chain *chain,
		      Bpfd__V1__Link *to)
{
	to->chain_mode = request_string(rq, chain->mode);
	to->chain_reason = request_string(rq, chain->why);
	to->segment = chain->n_segments > 1 ? from->segment + 1 : 0;
	to->is_called = from->is_function;
	to->stats = from->is_counted;
	if (from->is_counted)
		to->counters = reply_counters(rq, chain, from);
}

static char **verdict_names(struct request *rq, enum hook_kind kind, uint32_t set, size_t *ret_n)
{
	enum verdict_family family = hook_kind_info(kind)->verdicts;
	char **names = reply_array(rq, 32);
	const char *name;

	while (names && *ret_n < 32 && (name = verdict_name(family, set, (unsigned int)*ret_n)))
		names[(*ret_n)++] = request_string(rq, name);
	return names;
}

void reply_hook_dispatched(struct request *rq, const struct chain *chain, uint32_t proceed_on,
			   Bpfd__V1__HookEntry *to)
{
	to->chain_mode = request_string(rq, "libxdp");
	to->chain_reason = request_string(rq, chain ? chain->why
						    : "a dispatcher of libxdp is on the interface");
	to->proceed_on = verdict_names(rq, HOOK_XDP, proceed_on, &to->n_proceed_on);
}

void reply_hook_member(struct request *rq, const struct chain *chain, const struct link *link,
		       Bpfd__V1__HookEntry *to)
{
	to->chain_mode = request_string(rq, chain->mode);
	to->chain_reason = request_string(rq, chain->why);
	to->segment = chain->n_segments > 1 ? link->segment + 1 : 0;
	to->is_called = link->is_function;
	to->proceed_on = verdict_names(rq, link->kind, link->proceed_on, &to->n_proceed_on);
	if (link->is_counted)
		to->counters = reply_counters(rq, chain, link);
}

Bpfd__V1__Link *reply_link(struct request *rq, const struct link *from)
{
	Bpfd__V1__Link *to = NEW(rq, link);
	_cleanup_(chain_done) struct chain chain = {0};
	bool is_chained = hook_kind_info(from->kind)->shape & HOOK_IS_CHAINED;

	if (!to)
		return NULL;
	if (is_chained && store_chain_get(rq->ctx->store, from->hook, &chain, NULL) > 0)
		add_chain(rq, from, &chain, to);
	to->id = from->id;
	to->kernel_id = from->kernel_id;
	to->program = request_string(rq, from->program_name);
	to->program_id = from->program_id;
	to->hook = request_string(rq, from->hook);
	to->priority = from->priority;
	to->mode = request_string(rq, from->mode);
	to->owner_uid = from->owner_uid;
	to->config = request_string(rq, from->config);
	to->attached_at = from->attached_at;
	to->uuid = request_string(rq, from->uuid);
	to->is_missing = is_link_missing(rq, from, is_chained ? &chain : NULL);
	to->ends_with_daemon = false;
	to->proceed_on = verdict_names(rq, from->kind, from->proceed_on, &to->n_proceed_on);
	add_labels(rq, &from->labels, &to->n_labels, &to->labels);
	return to;
}

Bpfd__V1__Map *reply_map(struct request *rq, const struct map *from)
{
	Bpfd__V1__Map *to = NEW(rq, map);
	char *names = request_string(rq, from->programs), *save = NULL;
	paths_buf path;
	_close_ int fd = bpf_map_id_open_read_only(from->id);

	if (!to)
		return NULL;
	to->id = from->id;
	to->bytes_memlock = fd < 0 ? 0 : bpf_memlock(fd);
	to->name = request_string(rq, from->name);
	to->type = request_string(rq, map_type_name(from->type));
	to->key_size = from->key_size;
	to->value_size = from->value_size;
	to->max_entries = from->max_entries;
	to->flags = from->flags;
	to->owner_uid = from->owner_uid;
	to->config = request_string(rq, from->config);
	to->pin_path = request_string(rq, paths_map(rq->ctx->paths, from->load, from->id, path));
	to->export_path = request_string(rq, from->export.path);
	to->export_uid = from->export.uid;
	to->export_gid = from->export.gid;
	to->export_mode = from->export.mode;
	to->is_internal = from->is_internal;
	to->programs = reply_array(rq, OBJECT_PROGRAMS_MAX);
	for (char *name = strtok_r(names, ",", &save); name && to->programs;
	     name = strtok_r(NULL, ",", &save))
		if (to->n_programs < OBJECT_PROGRAMS_MAX)
			to->programs[to->n_programs++] = name;
	return to;
}

static void add_globals(struct request *rq, const struct program *from, Bpfd__V1__Program *to)
{
	to->globals = reply_array(rq, from->n_globals);
	for (size_t i = 0; to->globals && i < from->n_globals; i++) {
		Bpfd__V1__Global *g = NEW(rq, global);

		if (!g)
			return;
		g->name = request_string(rq, from->globals[i].name);
		g->value = request_string(rq, from->globals[i].value);
		to->globals[to->n_globals++] = g;
	}
}

static void add_kernel(struct request *rq, const struct program *from, Bpfd__V1__Program *to)
{
	struct bpf_prog_info info = {0};
	char tag[17];
	paths_buf path;
	_close_ int fd = bpf_pin_open(paths_program(rq->ctx->paths, from->load, from->index, path),
				      false, NULL);

	to->is_missing = fd < 0;
	if (fd < 0 || bpf_program_info(fd, &info) < 0)
		return;
	for (size_t i = 0; i < 8; i++)
		snprintf(tag + 2 * i, 3, "%02x", info.tag[i]);
	to->tag = request_string(rq, tag);
	to->instructions = info.xlated_prog_len / 8;
	to->bytes_jited = info.jited_prog_len;
	to->bytes_memlock = (uint32_t)bpf_memlock(fd);
	to->map_ids = wire_arena_alloc(&rq->arena, 64, sizeof(uint32_t));
	if (to->map_ids) {
		int n = bpf_program_map_ids(fd, to->map_ids, 64);

		to->n_map_ids = n < 0 ? 0 : (size_t)n;
	}
}

Bpfd__V1__Program *reply_program(struct request *rq, const struct program *from, bool with_kernel)
{
	Bpfd__V1__Program *to = NEW(rq, program);
	paths_buf path;

	if (!to)
		return NULL;
	to->id = from->id;
	to->name = request_string(rq, from->name);
	to->function = request_string(rq, from->function);
	to->section = request_string(rq, from->section);
	to->type = request_string(rq, hook_kind_info(from->kind)->name);
	to->bytecode = request_string(rq, from->bytecode);
	to->digest = request_string(rq, from->digest);
	to->owner_uid = from->owner_uid;
	to->config = request_string(rq, from->config);
	to->loaded_at = from->loaded_at;
	to->links = from->n_links;
	to->uuid = request_string(rq, from->uuid);
	add_globals(rq, from, to);
	add_labels(rq, &from->labels, &to->n_labels, &to->labels);
	if (with_kernel)
		add_kernel(rq, from, to);
	else
		to->is_missing =
			access(paths_program(rq->ctx->paths, from->load, from->index, path), F_OK) <
			0;
	return to;
}
