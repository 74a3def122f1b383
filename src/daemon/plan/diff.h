/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing what a config wants with what runs. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/plan/plan.h"
#include "model/program.h"

/**
 * diff_same_load() - do the programs that run already cover @load completely?
 *
 * Same names, functions, kinds, digest and globals, all from one load, and that load has no further
 * program.
 */
bool diff_same_load(const struct plan_load *load, const struct program_list *running);

/* Are the exports that the plan wants those the maps have? @wanted: of one load. */
bool diff_same_exports(const struct plan_export *wanted, size_t n, const struct map_list *maps);

/* The running program with that name; NULL if there is none. */
const struct program *diff_find_program(const struct program_list *running, const char *name);

/* The link of program @name on @hook (text form), NULL if there is none. */
const struct link *diff_find_link(const struct link_list *running, const char *program,
				  const char *hook);

/* Same priority, proceed-on and, when one is asked for, mode? */
bool diff_same_link(const struct link *wanted, const struct link *running);

/* Can the running link become the wanted one without a gap? On tcx a replaced program keeps its
 * place among the others, so a new priority needs a new link. */
bool diff_can_replace(const struct link *wanted, const struct link *running);
