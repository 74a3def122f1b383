/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan is data: what shall change, and the steps that change it. Building one touches nothing;
 * running it is daemon/run. The order of steps is always: reserve rows, load, pin, export, attach
 * or replace, set aside, commit, purge. P1: everything before commit can be undone; purge only
 * removes what was set aside and cannot fail a request.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "forkserver/client.h"
#include "hooks/ops.h"
#include "model/program.h"

struct reason;

enum step_kind {
	STEP_RESERVE,
	STEP_LOAD,
	STEP_PIN,
	STEP_EXPORT,
	STEP_ATTACH,
	STEP_REPLACE,
	STEP_ASIDE_LINK,
	STEP_ASIDE_PROGRAM,
	STEP_COMMIT,
	STEP_PURGE,
	_STEP_KIND_MAX
};

/* @index: which load, export, link or drop of the plan; unused by reserve, commit and purge. */
struct step {
	enum step_kind kind;
	size_t index;
};

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
 * One link to make, or (with @is_replace) one to point at another program. The program is
 * programs[program] of loads[load] of this plan, or the existing one in @row (.program) with pin
 * @pin_load / @pin_index.
 */
struct plan_link {
	struct link row;
	struct hook hook;
	struct hook_place place; /* .hook borrows the member above; descriptors owned */
	struct hook_attach_options options;
	bool is_replace;
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

/* What happens to the config's row. */
enum plan_config { PLAN_CONFIG_KEEP, PLAN_CONFIG_PUT, PLAN_CONFIG_DELETE };

struct plan_config_change {
	enum plan_config what;
	char *name;
	void *body;
	size_t body_len;
	uid_t owner;
	uint64_t applied_at;
	uint64_t generation;
};

/* Words for the user about one change (apply's answer). */
struct plan_note {
	char *config;
	char *verb;
	char *object;
	char *text;
};

struct plan {
	struct plan_load *loads;
	size_t n_loads;
	struct plan_export *exports;
	size_t n_exports;
	struct plan_link *links;
	size_t n_links;
	struct plan_drop_link *drop_links;
	size_t n_drop_links;
	struct plan_drop_program *drop_programs;
	size_t n_drop_programs;
	struct plan_config_change *configs;
	size_t n_configs;
	struct plan_note *notes;
	size_t n_notes;
	struct step *steps;
	size_t n_steps;
};

void plan_done(struct plan *plan);
