/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a plan: adding zeroed elements, notes, and the steps in their fixed order. Pure. */
#pragma once

#include "daemon/plan/plan.h"

/* A new element at the end; NULL when out of memory. Descriptors in it start as -1. */
struct plan_load *plan_add_load(struct plan *plan);
struct plan_export *plan_add_export(struct plan *plan);
struct plan_link *plan_add_link(struct plan *plan);
struct plan_chain *plan_add_chain(struct plan *plan);
struct plan_drop_link *plan_add_drop_link(struct plan *plan);
struct plan_drop_program *plan_add_drop_program(struct plan *plan);
struct plan_config_change *plan_add_config(struct plan *plan);

/* Words about one change, borrowed; NULL is "". */
struct plan_words {
	const char *config;
	const char *verb;
	const char *object;
	const char *text;
};

/* Return: 0 or -ENOMEM. */
int plan_add_note(struct plan *plan, const struct plan_words *words);

/* Write the steps for everything that was added; an empty plan has no step. Return: 0 or -ENOMEM.
 */
int plan_finish(struct plan *plan);
