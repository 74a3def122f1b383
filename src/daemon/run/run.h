/* SPDX-License-Identifier: Apache-2.0 */
/* Running a plan: one loop over its steps, and back in reverse when one fails. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct context;
struct plan;
struct reason;

struct run {
	struct context *ctx;
	struct plan *plan;
	/* Asked before every step until commit; true undoes the plan. May be NULL. */
	bool (*is_cancelled)(void *userdata);
	void *userdata;
};

/* One row of the table of steps. @undo runs for every step that was started, in reverse; it accepts
 * half-done work. */
struct step_ops {
	const char *name;
	int (*run)(struct run *run, size_t index, struct reason *why);
	void (*undo)(struct run *run, size_t index);
};

extern const struct step_ops step_reserve, step_load, step_pin, step_export, step_attach,
	step_replace, step_chain, step_aside_link, step_aside_program, step_commit, step_purge;

/**
 * run_plan() - do all of it or nothing.
 *
 * Return: 0; -ECANCELED (nobody waits any more); what the failing step says. After a failure
 * kernel, bpffs and store are as before.
 */
int run_plan(struct run *run, struct reason *why);
