/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the choice of programs, their kinds and names; touches nothing. */
#include "daemon/plan/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/build.h"

static const char *const *function_names(const struct object *object, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < object->n_programs && n < OBJECT_PROGRAMS_MAX; i++)
		names[n++] = object->programs[i].function;
	names[n] = NULL;
	return names;
}

static void hint_programs(const struct object *object, struct reason *why)
{
	_text_ struct text t = {0};

	for (size_t i = 0; i < object->n_programs; i++)
		text_add(&t, "%s%s", i ? ", " : "", object->programs[i].function);
	if (t.data)
		reason_hint(why, "it has %s", t.data);
}

static const struct object_program *find_entry(const struct load_wish *wish, const char *entry,
					       struct reason *why)
{
	const char *names[OBJECT_PROGRAMS_MAX + 1], *near;
	const struct object_program *p;

	if (!entry || !*entry) {
		if (wish->object->n_programs == 1)
			return &wish->object->programs[0];
		fail(why, -EINVAL, "%s has %zu programs: say which one", wish->bytecode,
		     wish->object->n_programs);
		hint_programs(wish->object, why);
		return NULL;
	}
	p = object_find_program(wish->object, entry);
	if (p)
		return p;
	near = text_nearest(entry, function_names(wish->object, names));
	fail(why, -ENOENT, "%s has no program or section \"%s\"", wish->bytecode, entry);
	if (near)
		reason_hint(why, "did you mean \"%s\"?", near);
	else if (wish->object->n_programs > 0)
		reason_hint(why, "it has \"%s\" in section \"%s\"",
			    wish->object->programs[0].function, wish->object->programs[0].section);
	return NULL;
}

/* The type the image's labels give for this program, or NULL. */
static const char *label_type(const struct load_wish *wish, const struct object_program *p)
{
	const struct image_labels *labels = wish->labels_of_image;

	for (size_t i = 0; labels && i < labels->n_programs; i++)
		if ((strcmp(labels->programs[i].entry, p->function) == 0 ||
		     strcmp(labels->programs[i].entry, p->section) == 0) &&
		    labels->programs[i].type && *labels->programs[i].type)
			return labels->programs[i].type;
	return NULL;
}

static int find_kind(const struct load_wish *wish, const struct object_program *p,
		     const char *chosen, enum hook_kind *ret, struct reason *why)
{
	const char *type = chosen && *chosen ? chosen : label_type(wish, p);
	enum hook_kind kind = type ? hook_kind_parse(type) : p->kind;

	if (type && kind == HOOK_KIND_UNKNOWN)
		return fail(why, -EOPNOTSUPP, "program %s: type \"%s\" is not known", p->function,
			    type);
	if (kind == HOOK_KIND_UNKNOWN) {
		fail(why, -EOPNOTSUPP, "program %s: its section \"%s\" names no kind that bpfd has",
		     p->function, p->section);
		reason_hint(
			why,
			"give the type (xdp, tc, tcx, flow_dissector, tracepoint, raw_tp, uprobe, uretprobe),"
			" or choose other programs of the object");
		return -EOPNOTSUPP;
	}
	/* The word "uprobe" of a label covers both; the section knows which. */
	if (p->kind == HOOK_URETPROBE && kind == HOOK_UPROBE)
		kind = HOOK_URETPROBE;
	if (p->kind != HOOK_KIND_UNKNOWN && !hook_kind_fits(p->kind, kind))
		return fail(why, -EINVAL, "program %s is %s by its section \"%s\", not %s",
			    p->function, hook_kind_info(p->kind)->name, p->section,
			    hook_kind_info(kind)->name);
	*ret = kind;
	return 0;
}

/* The name asked for, else the one that the image proposes if it can be one, else NULL. */
static const char *wished_name(const struct load_wish *wish)
{
	const struct image_labels *labels = wish->labels_of_image;

	if (wish->name && *wish->name)
		return wish->name;
	return labels && labels->program_name &&
			       text_is_name(labels->program_name, PROGRAM_NAME_MAX)
		       ? labels->program_name
		       : NULL;
}

static char *make_name(const struct load_wish *wish, const struct load_choice *choice,
		       const struct object_program *p, size_t n_programs)
{
	_text_ struct text t = {0};
	const char *name = wished_name(wish);

	if (choice->name && *choice->name)
		return strdup(choice->name);
	if (!name)
		return strdup(p->function);
	text_add(&t, "%s", name);
	if (n_programs > 1)
		text_add(&t, "-%s", p->function);
	return text_take(&t);
}

static int fill_program(const struct load_wish *wish, const struct object_program *p,
			struct program *row)
{
	row->owner_uid = wish->uid;
	row->owner_gid = wish->gid;
	row->loaded_at = wish->now;
	if (text_set(&row->function, p->function) < 0 || text_set(&row->section, p->section) < 0 ||
	    text_set(&row->target, p->target) < 0 || text_set(&row->bytecode, wish->bytecode) < 0 ||
	    text_set(&row->digest, wish->digest) < 0 || text_set(&row->config, wish->config) < 0)
		return -ENOMEM;
	row->globals = wish->n_globals ? calloc(wish->n_globals, sizeof(*row->globals)) : NULL;
	if (wish->n_globals && !row->globals)
		return -ENOMEM;
	row->n_globals = wish->n_globals;
	for (size_t i = 0; i < wish->n_globals; i++)
		if (text_set(&row->globals[i].name, wish->globals[i].name) < 0 ||
		    text_set(&row->globals[i].value, wish->globals[i].value) < 0)
			return -ENOMEM;
	return wish->labels ? labels_copy(wish->labels, &row->labels) : 0;
}

static int add_program(const struct load_wish *wish, const struct load_choice *choice, size_t n,
		       struct plan_load *load, struct reason *why)
{
	const struct object_program *p = find_entry(wish, choice->entry, why);
	struct program *row = &load->programs[load->n_programs];
	int r;

	if (!p)
		return why && why->code ? why->code : -ENOENT;
	uuid_new(row->uuid);
	memcpy(row->load, load->uuid, UUID_TEXT_SIZE);
	row->index = (uint32_t)load->n_programs;
	load->has_frags[load->n_programs] = p->has_frags;
	load->is_sleepable[load->n_programs] = p->is_sleepable;
	load->n_programs++;
	r = find_kind(wish, p, choice->type, &row->kind, why);
	if (r < 0)
		return r;
	row->name = make_name(wish, choice, p, n);
	if (!row->name || fill_program(wish, p, row) < 0)
		return fail(why, -ENOMEM, "out of memory");
	/* Programs are named by id too: nobody's name shall be mistaken for another's id. */
	if (!text_is_name(row->name, PROGRAM_NAME_MAX) ||
	    strspn(row->name, "0123456789") == strlen(row->name)) {
		fail(why, -EINVAL, "\"%s\" cannot be the name of a program", row->name);
		reason_hint(why,
			    "letters and digits, not digits alone, then also '.', '_' and '-'; at"
			    " most %d",
			    PROGRAM_NAME_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; i + 1 < load->n_programs; i++)
		if (strcmp(load->programs[i].name, row->name) == 0)
			return fail(why, -EINVAL, "the name \"%s\" is given twice", row->name);
	return 0;
}

/* Programs asked for; else those the image's labels name; else all of the object. */
static int add_programs(const struct load_wish *wish, struct plan_load *load, struct reason *why)
{
	const struct image_labels *labels = wish->labels_of_image;
	bool by_labels = wish->n_choices == 0 && labels && labels->n_programs > 0;
	size_t n = wish->n_choices ? wish->n_choices
		   : by_labels	   ? labels->n_programs
				   : wish->object->n_programs;

	if (n == 0 || n > OBJECT_PROGRAMS_MAX)
		return fail(why, -EINVAL, "%s: %zu programs; 1 to %d can be loaded at once",
			    wish->bytecode, n, OBJECT_PROGRAMS_MAX);
	load->programs = calloc(n, sizeof(*load->programs));
	load->has_frags = calloc(n, sizeof(bool));
	load->is_sleepable = calloc(n, sizeof(bool));
	if (!load->programs || !load->has_frags || !load->is_sleepable)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct load_choice choice = {0};
		int r;

		if (wish->n_choices)
			choice = wish->choices[i];
		else
			choice.entry = by_labels ? labels->programs[i].entry
						 : wish->object->programs[i].function;
		r = add_program(wish, &choice, n, load, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_globals(const struct load_wish *wish, struct plan_load *load, struct reason *why)
{
	load->globals = wish->n_globals ? calloc(wish->n_globals, sizeof(*load->globals)) : NULL;
	if (wish->n_globals && !load->globals)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < wish->n_globals; i++) {
		struct plan_global *g = &load->globals[i];
		const struct object_global *what;
		int r = object_global_value(wish->object, wish->globals[i].name,
					    wish->globals[i].value, &g->value, &what, why);

		if (r < 0)
			return r;
		load->n_globals++;
		g->offset = what->offset;
		g->size = what->size;
		if (text_set(&g->map, what->map) < 0)
			return fail(why, -ENOMEM, "out of memory");
	}
	return 0;
}

static int find_map(const struct load_wish *wish, const char *name, const char *verb,
		    struct reason *why)
{
	const char *names[OBJECT_MAPS_MAX + 1], *near;
	const struct object_map *map = object_find_map(wish->object, name);
	size_t n = 0;

	if (map && !map->is_internal)
		return 0;
	for (size_t i = 0; i < wish->object->n_maps && n < OBJECT_MAPS_MAX; i++)
		if (!wish->object->maps[i].is_internal)
			names[n++] = wish->object->maps[i].name;
	names[n] = NULL;
	near = text_nearest(name, names);
	fail(why, -ENOENT, "%s has no map \"%s\" to %s", wish->bytecode, name, verb);
	if (near)
		reason_hint(why, "did you mean \"%s\"?", near);
	else if (n > 0)
		reason_hint(why, "it has \"%s\"", names[0]);
	return -ENOENT;
}

static int add_shares(const struct load_wish *wish, struct plan_load *load, struct reason *why)
{
	load->shares = wish->n_shares ? calloc(wish->n_shares, sizeof(*load->shares)) : NULL;
	if (wish->n_shares && !load->shares)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < wish->n_shares; i++) {
		struct plan_share *s = &load->shares[load->n_shares];
		int r = find_map(wish, wish->shares[i].map, "share", why);

		if (r < 0)
			return r;
		s->id = wish->shares[i].id;
		memcpy(s->load, wish->shares[i].load, UUID_TEXT_SIZE);
		if (text_set(&s->map, wish->shares[i].map) < 0)
			return fail(why, -ENOMEM, "out of memory");
		load->n_shares++;
	}
	return 0;
}

/* The row of a map has one export, and that is its maker's. */
static int check_export(const struct load_wish *wish, const struct load_export *from,
			struct reason *why)
{
	for (size_t i = 0; i < wish->n_shares; i++)
		if (strcmp(wish->shares[i].map, from->map) == 0)
			return fail(why, -EINVAL,
				    "map %s is shared: only the program that made it exports it",
				    from->map);
	return 0;
}

static int add_exports(struct plan *plan, const struct load_wish *wish, size_t load,
		       const struct paths *paths, struct reason *why)
{
	const char *owner = wish->config ? wish->config : plan->loads[load].programs[0].name;

	for (size_t i = 0; i < wish->n_exports; i++) {
		const struct load_export *from = &wish->exports[i];
		struct plan_export *e;
		paths_buf path;
		int r = find_map(wish, from->map, "export", why);

		if (r == 0)
			r = check_export(wish, from, why);
		if (r < 0)
			return r;
		if (from->mode & ~0666u)
			return fail(why, -EINVAL,
				    "map %s: mode %04o: only read and write bits count", from->map,
				    from->mode);
		e = plan_add_export(plan);
		if (!e || text_set(&e->map, from->map) < 0 ||
		    text_set(&e->to.path, paths_export(paths, owner, from->map, path)) < 0)
			return fail(why, -ENOMEM, "out of memory");
		e->load = load;
		e->to.uid = from->uid;
		e->to.gid = from->gid;
		e->to.mode = from->mode;
	}
	return 0;
}

int plan_add_wish(struct plan *plan, const struct load_wish *wish, const struct paths *paths,
		  struct reason *why)
{
	size_t index = plan->n_loads;
	struct plan_load *load = plan_add_load(plan);
	int r;

	if (!load)
		return fail(why, -ENOMEM, "out of memory");
	load->want_log = wish->want_log;
	r = add_programs(wish, load, why);
	if (r == 0)
		r = add_globals(wish, load, why);
	if (r == 0)
		r = add_shares(wish, load, why);
	return r < 0 ? r : add_exports(plan, wish, index, paths, why);
}
