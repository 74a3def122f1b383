/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan is made of: loads, exports, links to make or replace, links and programs to drop.
 * Plain data; results of the run are filled in here too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks/ops.h"
#include "load/request.h"
#include "model/program.h"

/* One global with its bytes; owned. */
struct plan_global {
	char *map;
	uint32_t offset;
	void *value;
	size_t size;
};

/* The object's map @map is replaced by the map with this id, held by the pin of load @load. */
struct plan_share {
	char *map;
	uint32_t id;
	char load[UUID_TEXT_SIZE];
};

struct plan_export {
	size_t load;
	char *map;
	struct map_export to;
	bool is_made; /* set by the run: what undo has to remove */
};

/* One object to load; results are filled by the run. */
struct plan_load {
	char uuid[UUID_TEXT_SIZE];
	int object_fd;
	struct program *programs; /* rows to be; .index is the position here */
	bool *has_frags;
	bool *is_sleepable;
	size_t n_programs;
	struct plan_global *globals;
	size_t n_globals;
	struct plan_share *shares;
	size_t n_shares;
	bool want_log;
	struct load_result result;
	uint32_t *map_ids; /* of result.maps */
};

/*
 * One link to make, or (with @is_replace) one to point at another program. @moved_from: the link of
 * the same program on the same tcx hook that this one takes the place of, 0: none; it is dropped by
 * the plan, too. The program is
 * programs[program] of loads[load] of this plan, or the existing one in @row (.program) with pin
 * @pin_load / @pin_index.
 */
struct plan_link {
	struct link row;
	struct hook hook;
	struct hook_place place; /* .hook borrows the member above; descriptors owned */
	struct hook_attach_options options;
	bool is_replace;
	uint32_t moved_from;
	bool is_new_program;
	size_t load;
	size_t program;
	char pin_load[UUID_TEXT_SIZE];
	uint32_t pin_index;
	char old_program[UUID_TEXT_SIZE]; /* replace: what the link pointed at */
	char old_pin_load[UUID_TEXT_SIZE];
	uint32_t old_pin_index;
	struct hook_attachment attachment;
};

struct plan_drop_link {
	struct link row;
	struct hook hook;
	struct hook_place place;
	bool is_aside; /* set by the run: what undo has to put back */
};

/* @is_last: no other program of its load stays: maps and exports go too. */
struct plan_drop_program {
	struct program row;
	bool is_last;
	struct map *exports; /* rows of exported maps, when last */
	size_t n_exports;
};
