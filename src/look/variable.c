/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of BTF data sections; every type reference is foreign input. */
#include "look/variable.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define TYPE_DEPTH_MAX 32

const char *variable_map_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot = name && bpf_map__is_internal(map) ? strchr(name, '.') : NULL;

	return dot ? dot : name;
}

/* Behind const, volatile and typedef; NULL when it leads nowhere. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int depth = 0; t && depth < TYPE_DEPTH_MAX; depth++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t) && !btf_is_type_tag(t))
			return t;
		t = btf__type_by_id(btf, t->type);
	}
	return NULL;
}

static bool is_char(const struct btf *btf, const struct btf_type *t)
{
	const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;

	return name && btf_is_int(t) && t->size == 1 && strcmp(name, "char") == 0;
}

static enum global_type type_of(const struct btf *btf, const struct btf_type *t)
{
	if (btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_BOOL))
		return GLOBAL_BOOL;
	if (btf_is_int(t) && t->size <= 8)
		return (btf_int_encoding(t) & BTF_INT_SIGNED) ? GLOBAL_SIGNED : GLOBAL_UNSIGNED;
	if (btf_is_any_enum(t))
		return btf_kflag(t) ? GLOBAL_SIGNED : GLOBAL_UNSIGNED;
	if (btf_is_array(t) && is_char(btf, resolve(btf, btf_array(t)->type)))
		return GLOBAL_STRING;
	return GLOBAL_BYTES;
}

static const struct object_map *find_section_map(const struct object *o, const char *section)
{
	const struct object_map *m = object_find_map(o, section);

	return m && m->is_internal ? m : NULL;
}

static int add_variable(struct object *o, const struct object_map *map,
			const struct object_global *found, struct reason *why)
{
	struct object_global *g = &o->globals[o->n_globals];

	if (o->n_globals == OBJECT_GLOBALS_MAX)
		return fail(why, -ENOEXEC, "the object has more than %d global variables",
			    OBJECT_GLOBALS_MAX);
	if (!text_is_clean(found->name, OBJECT_NAME_MAX))
		return fail(why, -ENOEXEC, "the name of a variable is too long or no clean text");
	if (found->size > map->value_size || found->offset > map->value_size - found->size)
		return fail(why, -ENOEXEC,
			    "the BTF of the object lies: %s reaches beyond its section %s",
			    found->name, map->name);
	o->n_globals++;
	*g = *found;
	g->name = strdup(found->name);
	g->map = strdup(map->name);
	return g->name && g->map ? 0 : fail(why, -ENOMEM, "out of memory");
}

static int describe_variable(const struct btf *btf, const struct btf_var_secinfo *info,
			     const struct object_map *map, struct object *o, struct reason *why)
{
	const struct btf_type *var = btf__type_by_id(btf, info->type);
	const struct btf_type *t;
	struct object_global g = {0};
	int64_t size;

	if (!var || !btf_is_var(var) || btf_var(var)->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return 0;
	g.name = (char *)(uintptr_t)btf__name_by_offset(btf, var->name_off);
	t = resolve(btf, var->type);
	if (!g.name || !*g.name || !t)
		return fail(why, -ENOEXEC,
			    "the BTF of the object lies: a variable without name or type");
	size = btf__resolve_size(btf, var->type);
	if (size == 0)
		return 0;
	if (size < 0 || size != info->size)
		return fail(why, -ENOEXEC,
			    "the BTF of the object lies: %.64s has %u bytes and its type %lld",
			    g.name, info->size, (long long)size);
	g.type = type_of(btf, t);
	if (g.type == GLOBAL_BOOL && size != 1)
		g.type = GLOBAL_BYTES;
	g.offset = info->offset;
	g.size = info->size;
	return add_variable(o, map, &g, why);
}

static int describe_section(const struct btf *btf, const struct btf_type *section, struct object *o,
			    struct reason *why)
{
	const char *name = btf__name_by_offset(btf, section->name_off);
	const struct object_map *map = name ? find_section_map(o, name) : NULL;
	const struct btf_var_secinfo *info = btf_var_secinfos(section);
	int r;

	if (!map || strcmp(name, ".kconfig") == 0)
		return 0;
	for (unsigned int i = 0; i < btf_vlen(section); i++) {
		r = describe_variable(btf, &info[i], map, o, why);
		if (r < 0)
			return r;
	}
	return 0;
}

int variable_describe(const struct bpf_object *obj, struct object *o, struct reason *why)
{
	const struct btf *btf = bpf_object__btf(obj);
	uint32_t n = btf ? btf__type_cnt(btf) : 0;
	int r;

	o->globals = calloc(OBJECT_GLOBALS_MAX, sizeof(*o->globals));
	if (!o->globals)
		return fail(why, -ENOMEM, "out of memory");
	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!t || !btf_is_datasec(t))
			continue;
		r = describe_section(btf, t, o, why);
		if (r < 0)
			return r;
	}
	return 0;
}
