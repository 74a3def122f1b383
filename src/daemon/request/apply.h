/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of applying one config; shared by apply.c and apply_links.c. */
#pragma once

#include "daemon/request/request.h"
#include "daemon/store/store.h"
#include "model/config.h"

/* Where a wanted program comes from: it runs already, or programs[program] of loads[load] of the
 * plan. */
struct wanted {
	const struct program *running; /* NULL: new */
	size_t load;
	size_t program;
	const char *name;
};

/**
 * struct apply - one config on its way; lists are what runs for it now.
 * @wanted: one for each program of the config, in its order.
 * @is_kept: one for each running link: it stays or is replaced.
 */
struct apply {
	struct request *rq;
	struct config config;
	struct program_list programs;
	struct link_list links;
	struct wanted *wanted;
	bool *is_kept;
	bool is_selected;
};

/* Compare the hooks of every program with the running links: add, replace, keep; then drop the
 * rest. */
int apply_links(struct apply *a, struct reason *why);

/* The verb of a note that is a warning of the answer and no change. */
#define APPLY_WARNING "warning"

/* Words for the user about one change; the verb says whether @name is a program, a link or the
 * config. */
int apply_note(struct apply *a, const char *verb, const char *name, const char *text);
