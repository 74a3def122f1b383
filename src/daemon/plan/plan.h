/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan is data: what shall change, and the steps that change it. Building one touches nothing;
 * running it is daemon/run. The order of steps is always: reserve rows, load, pin, export, attach
 * or replace, change chains, set aside, commit, purge. P1: everything before commit can be undone;
 * purge only removes what was set aside and cannot fail a request.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/plan/members.h"

struct reason;

enum step_kind {
	STEP_RESERVE,
	STEP_LOAD,
	STEP_PIN,
	STEP_EXPORT,
	STEP_ATTACH,
	STEP_REPLACE,
	STEP_CHAIN,
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
	struct plan_chain *chains;
	size_t n_chains;
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
