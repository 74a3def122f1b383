/* SPDX-License-Identifier: Apache-2.0 */
/* Load in a child, then pin: staging first, and one rename(2) makes the load appear as a whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/run.h"
#include "forkserver/client.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

static int fill_programs(const struct plan_load *load, struct load_program *programs)
{
	for (size_t i = 0; i < load->n_programs; i++) {
		const struct hook_kind_info *kind = hook_kind_info(load->programs[i].kind);

		programs[i] = (struct load_program){
			.function = load->programs[i].function,
			.section = load->programs[i].section,
			.program_type = kind->program_type,
			.attach_type = kind->attach_type,
			.has_frags = load->has_frags[i],
			.is_sleepable = load->is_sleepable[i],
		};
	}
	return 0;
}

static int open_shares(struct run *run, const struct plan_load *load, struct load_reuse *reuse,
		       struct reason *why)
{
	for (size_t i = 0; i < load->n_shares; i++) {
		const struct plan_share *s = &load->shares[i];
		paths_buf path;

		reuse[i].name = s->map;
		reuse[i].fd =
			bpf_pin_open(paths_map(run->ctx->paths, s->load, s->id, path), false, why);
		if (reuse[i].fd < 0)
			return reuse[i].fd;
	}
	return 0;
}

static int record_ids(struct plan_load *load, struct reason *why)
{
	load->map_ids = calloc(load->result.n_maps + 1, sizeof(*load->map_ids));
	if (!load->map_ids)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < load->result.n_maps; i++) {
		struct bpf_map_info info = {0};
		int r = bpf_map_info(load->result.maps[i].fd, &info);

		if (r < 0)
			return fail(why, r, "cannot read map %s back", load->result.maps[i].name);
		load->map_ids[i] = info.id;
	}
	for (size_t i = 0; i < load->n_programs; i++) {
		struct bpf_prog_info info = {0};
		int r = bpf_program_info(load->result.programs[i].fd, &info);

		if (r < 0)
			return fail(why, r, "cannot read program %s back", load->programs[i].name);
		load->programs[i].id = info.id;
	}
	return 0;
}

/* That is how the verifier says no; to a client it would mean a missing right. */
static int not_denied(struct reason *why)
{
	if (why)
		why->code = -EINVAL;
	return -EINVAL;
}

static int load_in_child(struct run *run, struct plan_load *load, struct load_reuse *reuse,
			 struct reason *why)
{
	_free_ struct load_program *programs = calloc(load->n_programs, sizeof(*programs));
	_free_ struct load_global *globals = calloc(load->n_globals + 1, sizeof(*globals));
	struct load_request request = {
		.object_fd = load->object_fd,
		.programs = programs,
		.n_programs = load->n_programs,
		.globals = globals,
		.n_globals = load->n_globals,
		.reuse = reuse,
		.n_reuse = load->n_shares,
		.want_log = load->want_log,
	};
	int r;

	if (!programs || !globals)
		return fail(why, -ENOMEM, "out of memory");
	fill_programs(load, programs);
	for (size_t i = 0; i < load->n_globals; i++)
		globals[i] = (struct load_global){load->globals[i].map, load->globals[i].offset,
						  load->globals[i].value, load->globals[i].size};
	r = job_load(run->ctx->forkserver, &request, &load->result, why);
	if (r == -EACCES)
		return not_denied(why);
	return r < 0 ? r : record_ids(load, why);
}

static int load(struct run *run, size_t index, struct reason *why)
{
	struct plan_load *l = &run->plan->loads[index];
	_free_ struct load_reuse *reuse = calloc(l->n_shares + 1, sizeof(*reuse));
	int r;

	if (!reuse)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < l->n_shares; i++)
		reuse[i].fd = -1;
	r = open_shares(run, l, reuse, why);
	if (r == 0)
		r = load_in_child(run, l, reuse, why);
	for (size_t i = 0; i < l->n_shares; i++)
		fd_close(&reuse[i].fd);
	return r;
}

static void unload(struct run *run, size_t index)
{
	load_result_done(&run->plan->loads[index].result);
}

static int pin_all(const struct plan_load *l, const char *dir, struct reason *why)
{
	for (size_t i = 0; i < l->n_programs; i++) {
		_text_ struct text path = {0};
		int r;

		text_add(&path, "%s/p%zu", dir, i);
		r = path.r < 0 ? path.r : bpf_pin(l->result.programs[i].fd, path.data, why);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < l->result.n_maps; i++) {
		_text_ struct text path = {0};
		int r;

		text_add(&path, "%s/map_%u", dir, l->map_ids[i]);
		r = path.r < 0 ? path.r : bpf_pin(l->result.maps[i].fd, path.data, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int pin(struct run *run, size_t index, struct reason *why)
{
	const struct plan_load *l = &run->plan->loads[index];
	paths_buf staging, final;
	int r;

	paths_staging(run->ctx->paths, l->uuid, staging);
	if (mkdir(staging, 0700) < 0)
		return fail(why, -errno, "cannot make %s: %s", staging, strerror(errno));
	r = pin_all(l, staging, why);
	if (r < 0)
		return r;
	return bpffs_rename(staging, paths_load(run->ctx->paths, l->uuid, final), why);
}

static void unpin(struct run *run, size_t index)
{
	const struct plan_load *l = &run->plan->loads[index];
	paths_buf path;

	bpffs_remove_tree(paths_staging(run->ctx->paths, l->uuid, path), NULL);
	bpffs_remove_tree(paths_load(run->ctx->paths, l->uuid, path), NULL);
}

const struct step_ops step_load = {"load", load, unload};
const struct step_ops step_pin = {"pin", pin, unpin};
