/* SPDX-License-Identifier: Apache-2.0 */
/* Owns libbpf in this folder: programs and maps of an object as labels. Loads nothing. */
#include "image/build/object.h"

#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "image/manifest.h"
#include "model/hook.h"

#define TYPE_MAX 64

static void object_closep(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static int open_object(const struct image_bytes *elf, struct bpf_object **ret, struct reason *why)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "image");
	struct bpf_object *object;

	libbpf_set_print(NULL);
	object = bpf_object__open_mem(elf->data, elf->len, &opts);
	if (!object) {
		reason_hint(
			why,
			"compile it with clang -target bpf -g -O2; maps belong into SEC(\".maps\")");
		return fail(why, -ENOEXEC, "not a BPF object that libbpf can open");
	}
	*ret = object;
	return 0;
}

/* Kinds that other tools know and hooks of ours do not have yet. */
static const char *const other_types[] = {"fentry", "fexit", "kprobe", "kretprobe"};

/* NULL: the section does not tell. */
static const char *type_of_section(const char *section)
{
	const char *rest;
	enum hook_kind kind = hook_kind_of_section(section, &rest);

	if (kind != HOOK_KIND_UNKNOWN)
		return hook_kind_info(kind)->name;
	for (size_t i = 0; i < array_size(other_types); i++) {
		size_t len = strlen(other_types[i]);

		if (strncmp(section, other_types[i], len) == 0 && strchr("/.", section[len]))
			return other_types[i];
	}
	return NULL;
}

/* {"function": "type"}; 0 when a type is not known, with an empty object in @ret. */
static int programs_table(struct bpf_object *object, const char *fallback, json_t *ret)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *type = type_of_section(bpf_program__section_name(program));

		if (!type)
			type = fallback;
		if (!type) {
			json_object_clear(ret);
			return 0;
		}
		if (json_object_set_new(ret, bpf_program__name(program), json_string(type)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Other tools say per_cpu_array where libbpf says percpu_array. */
static json_t *map_type(const struct bpf_map *map)
{
	const char *name = libbpf_bpf_map_type_str(bpf_map__type(map));
	const char *percpu = name ? strstr(name, "percpu_") : NULL;
	char text[TYPE_MAX];

	if (!percpu)
		return json_string(name ? name : "unspec");
	snprintf(text, sizeof(text), "%.*sper_cpu_%s", (int)(percpu - name), name,
		 percpu + strlen("percpu_"));
	return json_string(text);
}

static int maps_table(struct bpf_object *object, json_t *ret)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		if (!bpf_map__is_internal(map) &&
		    json_object_set_new(ret, bpf_map__name(map), map_type(map)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int put_table(json_t *labels, const char *key, const json_t *table)
{
	_free_ char *text = json_dumps(table, JSON_COMPACT | JSON_SORT_KEYS);

	return text && json_object_set_new(labels, key, json_string(text)) == 0 ? 0 : -ENOMEM;
}

/* The labels of 2023 know one program only. */
static int put_single(json_t *labels, struct bpf_object *object, const json_t *programs)
{
	const struct bpf_program *program = bpf_object__next_program(object, NULL);
	const json_t *type;

	if (!program || bpf_object__next_program(object, (struct bpf_program *)(uintptr_t)program))
		return 0;
	type = json_object_get(programs, bpf_program__name(program));
	if (json_object_set_new(labels, "io.ebpf.program_name",
				json_string(bpf_program__name(program))) < 0 ||
	    json_object_set_new(labels, "io.ebpf.bpf_function_name",
				json_string(bpf_program__name(program))) < 0 ||
	    json_object_set_new(labels, "io.ebpf.section_name",
				json_string(bpf_program__section_name(program))) < 0)
		return -ENOMEM;
	if (!type)
		return 0;
	return json_object_set_new(labels, "io.ebpf.program_type",
				   json_string(json_string_value(type)));
}

bool image_object_is_readable(const struct image_bytes *elf)
{
	bool is_big = elf->len > EI_DATA && elf->data[EI_DATA] == ELFDATA2MSB;

	return is_big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

int image_object_labels(const struct image_bytes *elf, const char *filename, const char *type,
			json_t **ret, struct reason *why)
{
	_cleanup_(object_closep) struct bpf_object *object = NULL;
	_json_ json_t *labels = json_object();
	_json_ json_t *programs = json_object();
	_json_ json_t *maps = json_object();
	int r = open_object(elf, &object, why);

	if (r < 0)
		return r;
	if (!labels || !programs || !maps)
		return fail(why, -ENOMEM, "out of memory");
	r = json_object_set_new(labels, "io.ebpf.filename", json_string(filename));
	if (r == 0)
		r = programs_table(object, type, programs);
	if (r == 0)
		r = maps_table(object, maps);
	if (r == 0 && json_object_size(programs) > 0)
		r = put_table(labels, "io.ebpf.programs", programs);
	if (r == 0)
		r = put_table(labels, "io.ebpf.maps", maps);
	if (r == 0)
		r = put_single(labels, object, programs);
	if (r < 0)
		return fail(why, -ENOMEM, "cannot write the labels of %s", filename);
	*ret = take_ptr(labels);
	return 0;
}
