/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan knows of a hook that takes one program: its members, and who stands beside them. */
#pragma once

#include "daemon/plan/parts.h"

/*
 * One member of a chain as it shall be: links[link] of the plan, or with link SIZE_MAX one that
 * stays, with the pin of its program.
 */
struct plan_member {
	struct link row;
	size_t link;
	char pin_load[UUID_TEXT_SIZE];
	uint32_t pin_index;
};

/* One of ours beside a chain on a tcx hook: a program that runs, or that of links[link]. */
struct plan_neighbour {
	uint32_t priority;
	uint32_t program_id;
	size_t link; /* SIZE_MAX: none */
};

/**
 * struct plan_chain - one hook that takes one program, and who shall be on it.
 * @before:  what is attached now; .id 0: nothing. @after: the row to be; filled by the run.
 * @members: in order of execution; none: the chain goes.
 * @default_mode: xdp: of the settings, borrowed; NULL: none.
 * @has_dispatcher: xdp: one of libxdp is there, so the members go into it. @is_foreign: what is
 *           there is nothing of libxdp that we can change. @is_libxdp: decided.
 * @is_gone: the device or namespace is gone: only rows change.
 * @is_anew: attach again rather than replace: another device of that name, or another place among
 *           the programs of the hook.
 */
struct plan_chain {
	struct hook hook;
	struct hook_place place; /* .hook borrows the member above; descriptors owned */
	struct hook_attach_options options;
	struct chain before;
	struct chain after;
	struct plan_member *members;
	size_t n_members;
	struct plan_neighbour *neighbours;
	size_t n_neighbours;
	const char *default_mode;
	bool has_dispatcher;
	bool is_foreign;
	bool is_libxdp;
	bool is_gone;
	bool is_anew;
	struct hook_attachment attachment; /* of the run */
	bool is_attached;
	bool is_replaced;
	bool is_detached;
};
