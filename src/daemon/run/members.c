/* SPDX-License-Identifier: Apache-2.0 */
/* Owns where instructions come from: never from the ELF again. */
#include "daemon/run/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "chain/link.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/run.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "model/verdict.h"

/* What a member of the list points to. @code, @btf: owned when they come from the store. */
struct member_code {
	struct instructions code;
	void *btf;
	struct chain_map *maps;
	int32_t proceed_on[32];
};

void members_done(struct members *members)
{
	for (size_t i = 0; i < members->n; i++) {
		instructions_done(&members->codes[i].code);
		free(members->codes[i].btf);
		free(members->codes[i].maps);
	}
	free(members->codes);
	free(members->list);
	*members = (struct members){0};
}

static const struct plan_link *link_of(const struct run *run, const struct plan_member *m)
{
	return m->link == SIZE_MAX ? NULL : &run->plan->links[m->link];
}

static int collect_loaded(const struct plan_load *load, size_t program, struct member_code *code,
			  struct chain_member *m)
{
	m->code = &load->result.programs[program].instructions;
	m->btf = load->result.btf;
	m->btf_len = load->result.btf_len;
	m->n_maps = load->result.n_maps;
	code->maps = calloc(m->n_maps + 1, sizeof(*code->maps));
	if (!code->maps)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_maps; i++) {
		struct bpf_map_info info = {0};
		int r = bpf_map_info(load->result.maps[i].fd, &info);

		if (r < 0)
			return r;
		code->maps[i] = (struct chain_map){info.id, info.type};
	}
	m->maps = code->maps;
	return 0;
}

static int collect_maps(struct store *store, const char *program, struct member_code *code,
			struct chain_member *m, struct reason *why)
{
	_cleanup_(map_list_done) struct map_list maps = {0};
	int r = store_map_places(store, program, &maps, why);

	if (r < 0)
		return r;
	code->maps = calloc(maps.n + 1, sizeof(*code->maps));
	if (!code->maps)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < maps.n; i++)
		code->maps[i] = (struct chain_map){maps.items[i].id, maps.items[i].type};
	m->maps = code->maps;
	m->n_maps = maps.n;
	return 0;
}

/* uuids of a program and its load. */
struct stored {
	const char *program;
	const char *load;
};

static int collect_stored(struct store *store, const struct stored *from, struct member_code *code,
			  struct chain_member *m)
{
	_free_ void *data = NULL;
	size_t len = 0;
	int r = store_code_get(store, from->program, &data, &len, NULL);

	if (r == 0)
		r = instructions_decode(data, len, &code->code);
	if (r == 0)
		r = store_btf_get(store, from->load, &code->btf, &m->btf_len, NULL);
	m->code = &code->code;
	m->btf = code->btf;
	return r < 0 ? r : collect_maps(store, from->program, code, m, NULL);
}

static int collect(struct run *run, const struct plan_member *from, struct member_code *code,
		   struct chain_member *m, struct reason *why)
{
	const struct plan_link *l = link_of(run, from);
	enum verdict_family family = hook_kind_info(from->row.kind)->verdicts;
	const struct stored stored = {from->row.program, l ? l->pin_load : from->pin_load};
	int r;

	m->name = from->row.program_name;
	m->proceed_on = code->proceed_on;
	m->n_proceed_on = verdict_codes(family, from->row.proceed_on, code->proceed_on);
	m->slot = from->row.is_counted ? (int)from->row.slot : -1;
	m->must_call = from->row.is_called;
	if (l && l->is_new_program)
		r = collect_loaded(&run->plan->loads[l->load], l->program, code, m);
	else
		r = collect_stored(run->ctx->store, &stored, code, m);
	return r < 0 ? fail(why, r, "cannot take the instructions of program %s: %s", m->name,
			    strerror(-r))
		     : 0;
}

int members_collect(struct run *run, const struct plan_chain *chain, struct members *ret,
		    struct reason *why)
{
	_cleanup_(members_done) struct members members = {
		.list = calloc(chain->n_members + 1, sizeof(*members.list)),
		.codes = calloc(chain->n_members + 1, sizeof(*members.codes)),
		.n = chain->n_members,
	};
	int r = 0;

	if (!members.list || !members.codes)
		members.n = 0;
	if (!members.list || !members.codes)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < members.n && r == 0; i++)
		r = collect(run, &chain->members[i], &members.codes[i], &members.list[i], why);
	if (r < 0)
		return r;
	*ret = members;
	members = (struct members){0};
	return 0;
}

int members_open_map(void *arg, uint32_t key, struct reason *why)
{
	int fd = bpf_id_open(BPF_OBJECT_MAP, key);

	(void)arg;
	return fd < 0 ? fail(why, fd, "map %u is gone: %s", key, strerror(-fd)) : fd;
}

int members_copy_program(struct run *run, const struct plan_link *link, struct reason *why)
{
	struct plan_member one = {.row = link->row, .link = SIZE_MAX}; /* borrows */
	const struct plan_chain chain = {.members = &one, .n_members = 1};
	_cleanup_(members_done) struct members members = {0};
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	/* its verdicts are what they are */
	struct chain_rules rules = *hook_ops(HOOK_TC)->rules();
	struct chain_load wish = {.rules = &rules,
				  .limits = run->ctx->limits,
				  .n_members = 1,
				  .map_fd = members_open_map,
				  .stats_fd = -1,
				  .alone_fd = -1,
				  .name = CHAIN_NAME};
	int r;

	rules.n_translations = 0;
	one.row.proceed_on = 0;
	memcpy(one.pin_load, link->pin_load, UUID_TEXT_SIZE);
	r = members_collect(run, &chain, &members, why);
	if (r < 0)
		return r;
	wish.members = members.list;
	members.list[0].must_call = true;
	r = chain_load(&wish, &loaded, why);
	return r < 0 ? r : take_fd(&loaded.program_fds[0]);
}

int members_open_program(struct run *run, const struct plan_chain *chain, size_t i,
			 struct reason *why)
{
	const struct plan_member *m = &chain->members[i];
	const struct plan_link *l = link_of(run, m);
	paths_buf path;

	if (l && l->is_new_program)
		paths_program(run->ctx->paths, run->plan->loads[l->load].uuid,
			      run->plan->loads[l->load].programs[l->program].index, path);
	else if (l)
		paths_program(run->ctx->paths, l->pin_load, l->pin_index, path);
	else
		paths_program(run->ctx->paths, m->pin_load, m->pin_index, path);
	return bpf_pin_open(path, false, why);
}
