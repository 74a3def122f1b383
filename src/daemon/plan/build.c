/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of a plan and the order of its steps; decides nothing about what is in it. */
#include "daemon/plan/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fd.h"
#include "base/text.h"
#include "daemon/plan/chain.h"

struct plan_load *plan_add_load(struct plan *plan)
{
	struct plan_load *l = array_add((void **)&plan->loads, &plan->n_loads, sizeof(*l));

	if (!l)
		return NULL;
	l->object_fd = -1;
	l->result.btf_fd = -1;
	uuid_new(l->uuid);
	return l;
}

struct plan_export *plan_add_export(struct plan *plan)
{
	return array_add((void **)&plan->exports, &plan->n_exports, sizeof(struct plan_export));
}

struct plan_link *plan_add_link(struct plan *plan)
{
	struct plan_link *l = array_add((void **)&plan->links, &plan->n_links, sizeof(*l));

	if (!l)
		return NULL;
	l->place.netns_fd = -1;
	l->place.binary_fd = -1;
	l->attachment.link_fd = -1;
	uuid_new(l->row.uuid);
	return l;
}

struct plan_chain *plan_add_chain(struct plan *plan)
{
	struct plan_chain *c = array_add((void **)&plan->chains, &plan->n_chains, sizeof(*c));

	if (!c)
		return NULL;
	c->place.netns_fd = -1;
	c->place.binary_fd = -1;
	c->attachment.link_fd = -1;
	return c;
}

struct plan_drop_link *plan_add_drop_link(struct plan *plan)
{
	struct plan_drop_link *d =
		array_add((void **)&plan->drop_links, &plan->n_drop_links, sizeof(*d));

	if (!d)
		return NULL;
	d->place.netns_fd = -1;
	d->place.binary_fd = -1;
	return d;
}

struct plan_drop_program *plan_add_drop_program(struct plan *plan)
{
	return array_add((void **)&plan->drop_programs, &plan->n_drop_programs,
			 sizeof(struct plan_drop_program));
}

struct plan_config_change *plan_add_config(struct plan *plan)
{
	return array_add((void **)&plan->configs, &plan->n_configs,
			 sizeof(struct plan_config_change));
}

static int set_word(char **to, const char *from)
{
	return text_set(to, from ? from : "");
}

int plan_add_note(struct plan *plan, const struct plan_words *words)
{
	struct plan_note *n = array_add((void **)&plan->notes, &plan->n_notes, sizeof(*n));

	if (!n || set_word(&n->config, words->config) < 0 || set_word(&n->verb, words->verb) < 0 ||
	    set_word(&n->object, words->object) < 0 || set_word(&n->text, words->text) < 0)
		return -ENOMEM;
	return 0;
}

static int add_step(struct plan *plan, enum step_kind kind, size_t index)
{
	struct step *s = array_add((void **)&plan->steps, &plan->n_steps, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->kind = kind;
	s->index = index;
	return 0;
}

static int add_steps(struct plan *plan, enum step_kind kind, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_step(plan, kind, i);
	return r;
}

static int add_link_steps(struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->n_links && r == 0; i++) {
		plan->links[i].place.hook = &plan->links[i].hook;
		if (plan_is_chained(plan->links[i].row.kind))
			continue;
		r = add_step(plan, plan->links[i].is_replace ? STEP_REPLACE : STEP_ATTACH, i);
	}
	for (size_t i = 0; i < plan->n_drop_links; i++)
		plan->drop_links[i].place.hook = &plan->drop_links[i].hook;
	for (size_t i = 0; i < plan->n_chains && r == 0; i++) {
		plan->chains[i].place.hook = &plan->chains[i].hook;
		r = add_step(plan, STEP_CHAIN, i);
	}
	return r;
}

int plan_finish(struct plan *plan)
{
	size_t changes = plan->n_loads + plan->n_links + plan->n_drop_links +
			 plan->n_drop_programs + plan->n_configs;
	int r;

	if (changes == 0)
		return 0;
	r = add_step(plan, STEP_RESERVE, 0);
	for (size_t i = 0; i < plan->n_loads && r == 0; i++) {
		r = add_step(plan, STEP_LOAD, i);
		if (r == 0)
			r = add_step(plan, STEP_PIN, i);
	}
	if (r == 0)
		r = add_steps(plan, STEP_EXPORT, plan->n_exports);
	if (r == 0)
		r = add_link_steps(plan);
	for (size_t i = 0; i < plan->n_drop_links && r == 0; i++)
		if (!plan_is_chained(plan->drop_links[i].row.kind))
			r = add_step(plan, STEP_ASIDE_LINK, i);
	if (r == 0)
		r = add_steps(plan, STEP_ASIDE_PROGRAM, plan->n_drop_programs);
	if (r == 0)
		r = add_step(plan, STEP_COMMIT, 0);
	return r < 0 ? r : add_step(plan, STEP_PURGE, 0);
}

static void load_done(struct plan_load *l)
{
	fd_close(&l->object_fd);
	for (size_t i = 0; i < l->n_programs; i++)
		program_done(&l->programs[i]);
	for (size_t i = 0; i < l->n_globals; i++) {
		free(l->globals[i].map);
		free(l->globals[i].value);
	}
	for (size_t i = 0; i < l->n_shares; i++)
		free(l->shares[i].map);
	free(l->programs);
	free(l->has_frags);
	free(l->is_sleepable);
	free(l->globals);
	free(l->shares);
	free(l->map_ids);
	load_result_done(&l->result);
}

static void drop_program_done(struct plan_drop_program *d)
{
	program_done(&d->row);
	for (size_t i = 0; i < d->n_exports; i++)
		map_done(&d->exports[i]);
	free(d->exports);
}

static void chain_plan_done(struct plan_chain *c)
{
	hook_done(&c->hook);
	fd_close(&c->place.netns_fd);
	fd_close(&c->place.binary_fd);
	fd_close(&c->attachment.link_fd);
	chain_done(&c->before);
	chain_done(&c->after);
	for (size_t i = 0; i < c->n_members; i++)
		link_done(&c->members[i].row);
	free(c->members);
	free(c->neighbours);
}

static void links_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_links; i++) {
		struct plan_link *l = &plan->links[i];

		link_done(&l->row);
		hook_done(&l->hook);
		fd_close(&l->place.netns_fd);
		fd_close(&l->place.binary_fd);
		fd_close(&l->attachment.link_fd);
	}
	for (size_t i = 0; i < plan->n_drop_links; i++) {
		struct plan_drop_link *d = &plan->drop_links[i];

		link_done(&d->row);
		hook_done(&d->hook);
		fd_close(&d->place.netns_fd);
		fd_close(&d->place.binary_fd);
	}
	free(plan->links);
	free(plan->drop_links);
}

static void notes_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_notes; i++) {
		free(plan->notes[i].config);
		free(plan->notes[i].verb);
		free(plan->notes[i].object);
		free(plan->notes[i].text);
	}
	free(plan->notes);
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_loads; i++)
		load_done(&plan->loads[i]);
	free(plan->loads);
	for (size_t i = 0; i < plan->n_exports; i++) {
		free(plan->exports[i].map);
		free(plan->exports[i].to.path);
	}
	free(plan->exports);
	links_done(plan);
	for (size_t i = 0; i < plan->n_chains; i++)
		chain_plan_done(&plan->chains[i]);
	free(plan->chains);
	for (size_t i = 0; i < plan->n_drop_programs; i++)
		drop_program_done(&plan->drop_programs[i]);
	free(plan->drop_programs);
	for (size_t i = 0; i < plan->n_configs; i++) {
		free(plan->configs[i].name);
		free(plan->configs[i].body);
	}
	free(plan->configs);
	notes_done(plan);
	free(plan->steps);
	memset(plan, 0, sizeof(*plan));
}
