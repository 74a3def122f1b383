/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the description of programs and maps; global variables are look/variable.c's. */
#include "look/describe.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "look/said.h"
#include "look/sections.h"
#include "look/variable.h"

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static int out_of_memory(struct reason *why)
{
	return fail(why, -ENOMEM, "out of memory while reading the object");
}

/* The section "xdp.frags/x" has the marks ".frags". */
static bool has_mark(const char *section, const char *mark)
{
	size_t n = strcspn(section, "/"), m = strlen(mark);

	return n > m && strncmp(section + n - m, mark, m) == 0;
}

static int set_name(char **dst, const char *name, const char *what, struct reason *why)
{
	if (!name || !text_is_clean(name, OBJECT_NAME_MAX))
		return fail(why, -ENOEXEC, "the name of a %s is too long or no clean text", what);
	return text_set(dst, name) < 0 ? out_of_memory(why) : 0;
}

static int add_program(struct object *o, const struct bpf_program *prog, struct reason *why)
{
	struct object_program *p = &o->programs[o->n_programs];
	const char *section = bpf_program__section_name(prog);
	const char *rest;
	int r;

	if (o->n_programs == OBJECT_PROGRAMS_MAX)
		return fail(why, -ENOEXEC, "the object has more than %d programs",
			    OBJECT_PROGRAMS_MAX);
	o->n_programs++;
	r = set_name(&p->function, bpf_program__name(prog), "program", why);
	if (r == 0)
		r = set_name(&p->section, section, "section", why);
	if (r < 0)
		return r;
	p->kind = hook_kind_of_section(section, &rest);
	p->n_insns = (uint32_t)bpf_program__insn_cnt(prog);
	p->has_frags = has_mark(section, ".frags");
	p->is_sleepable = has_mark(section, ".s");
	return set_name(&p->target, rest, "section", why);
}

static int add_map(struct object *o, const struct bpf_map *map, struct reason *why)
{
	struct object_map *m = &o->maps[o->n_maps];

	if (o->n_maps == OBJECT_MAPS_MAX)
		return fail(why, -ENOEXEC, "the object has more than %d maps", OBJECT_MAPS_MAX);
	o->n_maps++;
	m->type = bpf_map__type(map);
	m->key_size = bpf_map__key_size(map);
	/* As it is loaded: load/prepare.c. */
	m->value_size = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF ? 0 : bpf_map__value_size(map);
	m->max_entries = bpf_map__max_entries(map);
	m->flags = bpf_map__map_flags(map);
	m->is_internal = bpf_map__is_internal(map);
	m->is_pinned = bpf_map__pin_path(map) != NULL;
	return set_name(&m->name, variable_map_name(map), "map", why);
}

/* libbpf gives the error a number; its words went to stderr, which the child keeps. */
static int refuse(int code, struct reason *why)
{
	char said[256];

	if (code == -ENOMEM)
		return out_of_memory(why);
	said_last(said, sizeof(said));
	reason_hint(why, "bpftool and llvm-objdump show what is in it; was the file damaged?");
	return fail(why, -ENOEXEC, "libbpf cannot read the object: %s",
		    *said ? said : strerror(-code));
}

static int open_object(const void *data, size_t len, struct bpf_object **ret, struct reason *why)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = VARIABLE_OBJECT_NAME);
	struct bpf_object *obj = bpf_object__open_mem(data, len, &opts);

	if (!obj)
		return refuse(errno ? -errno : -EINVAL, why);
	*ret = obj;
	return 0;
}

static int describe_programs(struct bpf_object *obj, struct object *o, struct reason *why)
{
	struct bpf_program *prog;
	int r = 0;

	o->programs = calloc(OBJECT_PROGRAMS_MAX, sizeof(*o->programs));
	if (!o->programs)
		return out_of_memory(why);
	bpf_object__for_each_program(prog, obj)
	{
		r = add_program(o, prog, why);
		if (r < 0)
			return r;
	}
	if (o->n_programs > 0)
		return 0;
	reason_hint(why, "put SEC(\"xdp\") or the section of another hook before the function");
	return fail(why, -ENOEXEC, "the object has no program");
}

static int describe_maps(struct bpf_object *obj, struct object *o, struct reason *why)
{
	struct bpf_map *map;
	int r;

	o->maps = calloc(OBJECT_MAPS_MAX, sizeof(*o->maps));
	if (!o->maps)
		return out_of_memory(why);
	bpf_object__for_each_map(map, obj)
	{
		r = add_map(o, map, why);
		if (r < 0)
			return r;
	}
	return 0;
}

int describe_object(const void *data, size_t len, struct object *ret, struct reason *why)
{
	_cleanup_(close_object) struct bpf_object *obj = NULL;
	_cleanup_(object_done) struct object o = {0};
	char license[SECTIONS_LICENSE_SIZE];
	int r = sections_check(data, len, why);

	if (r == 0)
		r = open_object(data, len, &obj, why);
	if (r < 0)
		return r;
	sections_license(data, license);
	if (text_set(&o.license, license) < 0)
		return out_of_memory(why);
	/* libbpf warns and goes on when .BTF is damaged and nothing depends on it. */
	o.has_btf = bpf_object__btf(obj) != NULL;
	r = describe_programs(obj, &o, why);
	if (r == 0)
		r = describe_maps(obj, &o, why);
	if (r == 0)
		r = variable_describe(obj, &o, why);
	if (r < 0)
		return r;
	*ret = o;
	o = (struct object){0};
	return 0;
}
