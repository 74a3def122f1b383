/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what counts as "the same"; touches nothing. */
#include "daemon/plan/diff.h"

#include <string.h>

#include "daemon/plan/chain.h"

const struct program *diff_find_program(const struct program_list *running, const char *name)
{
	for (size_t i = 0; i < running->n; i++)
		if (strcmp(running->items[i].name, name) == 0)
			return &running->items[i];
	return NULL;
}

static bool same_globals(const struct program *a, const struct program *b)
{
	if (a->n_globals != b->n_globals)
		return false;
	for (size_t i = 0; i < a->n_globals; i++)
		if (strcmp(a->globals[i].name, b->globals[i].name) != 0 ||
		    strcmp(a->globals[i].value, b->globals[i].value) != 0)
			return false;
	return true;
}

static bool same_program(const struct program *a, const struct program *b)
{
	return strcmp(a->function, b->function) == 0 && a->kind == b->kind &&
	       strcmp(a->digest, b->digest) == 0 && same_globals(a, b);
}

bool diff_same_load(const struct plan_load *load, const struct program_list *running)
{
	const char *uuid = NULL;
	size_t n = 0;

	for (size_t i = 0; i < load->n_programs; i++) {
		const struct program *is = diff_find_program(running, load->programs[i].name);

		if (!is || !same_program(&load->programs[i], is))
			return false;
		if (uuid && strcmp(uuid, is->load) != 0)
			return false;
		uuid = is->load;
	}
	for (size_t i = 0; i < running->n && uuid; i++)
		if (strcmp(running->items[i].load, uuid) == 0)
			n++;
	return n == load->n_programs;
}

bool diff_same_exports(const struct plan_export *wanted, size_t n, const struct map_list *maps)
{
	size_t exported = 0;

	for (size_t i = 0; i < maps->n; i++)
		exported += maps->items[i].export.path != NULL;
	if (exported != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		bool is_found = false;

		for (size_t j = 0; j < maps->n && !is_found; j++) {
			const struct map_export *is = &maps->items[j].export;

			is_found = is->path && strcmp(is->path, wanted[i].to.path) == 0 &&
				   is->uid == wanted[i].to.uid && is->gid == wanted[i].to.gid &&
				   is->mode == wanted[i].to.mode;
		}
		if (!is_found)
			return false;
	}
	return true;
}

const struct link *diff_find_link(const struct link_list *running, const char *program,
				  const char *hook)
{
	for (size_t i = 0; i < running->n; i++)
		if (strcmp(running->items[i].program_name, program) == 0 &&
		    strcmp(running->items[i].hook, hook) == 0)
			return &running->items[i];
	return NULL;
}

bool diff_same_link(const struct link *wanted, const struct link *running)
{
	if (wanted->priority != running->priority || wanted->proceed_on != running->proceed_on ||
	    wanted->is_called != running->is_called || wanted->is_counted != running->is_counted)
		return false;
	return !wanted->mode || !*wanted->mode ||
	       (running->mode && strcmp(wanted->mode, running->mode) == 0);
}

bool diff_can_replace(const struct link *wanted, const struct link *running)
{
	if (plan_is_chained(wanted->kind))
		return true;
	return wanted->kind == HOOK_TCX && wanted->priority == running->priority;
}
