/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the flat form of an object's description and its bounds. */
#include "model/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

void object_done(struct object *object)
{
	for (size_t i = 0; i < object->n_programs; i++) {
		free(object->programs[i].function);
		free(object->programs[i].section);
		free(object->programs[i].target);
	}
	for (size_t i = 0; i < object->n_maps; i++)
		free(object->maps[i].name);
	for (size_t i = 0; i < object->n_globals; i++) {
		free(object->globals[i].name);
		free(object->globals[i].map);
	}
	free(object->programs);
	free(object->maps);
	free(object->globals);
	free(object->license);
	*object = (struct object){0};
}

static void put_program(struct text *w, const struct object_program *p)
{
	buf_put_str(w, p->function);
	buf_put_str(w, p->section);
	buf_put_u32(w, (uint32_t)(p->kind + 1));
	buf_put_str(w, p->target);
	buf_put_u32(w, p->n_insns);
	buf_put_u32(w, p->has_frags);
	buf_put_u32(w, p->is_sleepable);
}

static void put_map(struct text *w, const struct object_map *m)
{
	buf_put_str(w, m->name);
	buf_put_u32(w, m->type);
	buf_put_u32(w, m->key_size);
	buf_put_u32(w, m->value_size);
	buf_put_u32(w, m->max_entries);
	buf_put_u32(w, m->flags);
	buf_put_u32(w, m->is_internal);
	buf_put_u32(w, m->is_pinned);
}

static void put_global(struct text *w, const struct object_global *g)
{
	buf_put_str(w, g->name);
	buf_put_str(w, g->map);
	buf_put_u32(w, g->type);
	buf_put_u32(w, g->offset);
	buf_put_u32(w, g->size);
}

void object_encode(const struct object *object, struct text *w)
{
	buf_put_str(w, object->license);
	buf_put_u32(w, object->has_btf);
	buf_put_u32(w, (uint32_t)object->n_programs);
	for (size_t i = 0; i < object->n_programs; i++)
		put_program(w, &object->programs[i]);
	buf_put_u32(w, (uint32_t)object->n_maps);
	for (size_t i = 0; i < object->n_maps; i++)
		put_map(w, &object->maps[i]);
	buf_put_u32(w, (uint32_t)object->n_globals);
	for (size_t i = 0; i < object->n_globals; i++)
		put_global(w, &object->globals[i]);
}

/* Below: a bad value makes the reader fail, which is checked once at the end. */
static char *get_clean(struct buf_reader *rd)
{
	char *s = buf_get_str(rd, OBJECT_NAME_MAX);

	if (s && !text_is_clean(s, OBJECT_NAME_MAX))
		rd->r = -EBADMSG;
	return s;
}

static uint32_t get_below(struct buf_reader *rd, uint32_t end)
{
	return buf_get_count(rd, end - 1);
}

static void get_program(struct buf_reader *rd, struct object_program *p)
{
	p->function = get_clean(rd);
	p->section = get_clean(rd);
	p->kind = (enum hook_kind)get_below(rd, _HOOK_KIND_MAX + 1) - 1;
	p->target = get_clean(rd);
	p->n_insns = buf_get_u32(rd);
	p->has_frags = get_below(rd, 2);
	p->is_sleepable = get_below(rd, 2);
}

static void get_map(struct buf_reader *rd, struct object_map *m)
{
	m->name = get_clean(rd);
	m->type = buf_get_u32(rd);
	m->key_size = buf_get_u32(rd);
	m->value_size = buf_get_u32(rd);
	m->max_entries = buf_get_u32(rd);
	m->flags = buf_get_u32(rd);
	m->is_internal = get_below(rd, 2);
	m->is_pinned = get_below(rd, 2);
}

static void get_global(struct buf_reader *rd, struct object_global *g)
{
	g->name = get_clean(rd);
	g->map = get_clean(rd);
	g->type = (enum global_type)get_below(rd, _GLOBAL_TYPE_MAX);
	g->offset = buf_get_u32(rd);
	g->size = buf_get_u32(rd);
	if (g->size == 0 || g->size > OBJECT_SIZE_MAX || g->offset > OBJECT_SIZE_MAX)
		rd->r = rd->r < 0 ? rd->r : -EBADMSG;
}

int object_decode(const void *data, size_t len, struct object *ret)
{
	_cleanup_(object_done) struct object o = {0};
	struct buf_reader rd;
	int r;

	buf_reader_init(&rd, data, len);
	o.license = get_clean(&rd);
	o.has_btf = get_below(&rd, 2);
	o.programs = buf_get_array(&rd, OBJECT_PROGRAMS_MAX, sizeof(*o.programs), &o.n_programs);
	for (size_t i = 0; i < o.n_programs; i++)
		get_program(&rd, &o.programs[i]);
	o.maps = buf_get_array(&rd, OBJECT_MAPS_MAX, sizeof(*o.maps), &o.n_maps);
	for (size_t i = 0; i < o.n_maps; i++)
		get_map(&rd, &o.maps[i]);
	o.globals = buf_get_array(&rd, OBJECT_GLOBALS_MAX, sizeof(*o.globals), &o.n_globals);
	for (size_t i = 0; i < o.n_globals; i++)
		get_global(&rd, &o.globals[i]);
	r = buf_reader_end(&rd);
	if (r < 0)
		return r;
	*ret = o;
	o = (struct object){0};
	return 0;
}

const struct object_program *object_find_program(const struct object *object, const char *entry)
{
	for (size_t i = 0; i < object->n_programs; i++)
		if (strcmp(object->programs[i].function, entry) == 0)
			return &object->programs[i];
	for (size_t i = 0; i < object->n_programs; i++)
		if (strcmp(object->programs[i].section, entry) == 0)
			return &object->programs[i];
	return NULL;
}

const struct object_map *object_find_map(const struct object *object, const char *name)
{
	for (size_t i = 0; i < object->n_maps; i++)
		if (strcmp(object->maps[i].name, name) == 0)
			return &object->maps[i];
	return NULL;
}
