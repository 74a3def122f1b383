/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding how a program goes onto a hook: the hook's text, priority, proceed-on, its place among
 * ours. Pure. */
#pragma once

#include "daemon/plan/plan.h"

struct link_list;
struct reason;

/* What somebody asks for; borrowed. NULL or empty strings: by itself. */
struct attach_wish {
	const char *hook; /* text form; NULL: what the program's section names */
	bool has_priority;
	uint32_t priority;
	const char *const *proceed_on;
	size_t n_proceed_on;
	const char *mode; /* comma-separated */
	bool is_counted;
	const char *netns;
};

/**
 * attach_wish_parse() - check the wish against the program and turn it into a hook and the row's
 * columns.
 *
 * Return: 0, -EINVAL (hook text, kind does not fit the program, priority above 1000, unknown
 * verdict or mode, two netns), -ENOMEM.
 */
int attach_wish_parse(const struct attach_wish *wish, const struct program *program,
		      struct hook *ret, struct link *row, struct reason *why);

/**
 * plan_add_attach() - add the link to the plan.
 * @on_hook: our links that are on this hook now, in order; those that the plan drops or replaces
 * are skipped.
 *
 * Return: 0, -EEXIST (the program is on this hook already), -ENOMEM.
 */
int plan_check_place(const struct plan_link *link, const struct link_list *on_hook,
		     struct reason *why);

/* tcx: between which of ours (program ids) a link of this priority goes. */
void plan_place_among(const struct link_list *on_hook, struct plan_link *link);
