/* SPDX-License-Identifier: Apache-2.0 */
/* What a BPF object contains, as bpfd-look describes it: the only thing the daemon ever learns of
 * an ELF. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hook.h"

struct reason;
struct text;

/* Bounds of what is believed of an object; the codec refuses more. */
#define OBJECT_SIZE_MAX	    (32u << 20)
#define OBJECT_PROGRAMS_MAX 128
#define OBJECT_MAPS_MAX	    128
#define OBJECT_GLOBALS_MAX  1024
#define OBJECT_NAME_MAX	    255

/* One program. @kind is HOOK_KIND_UNKNOWN when the section does not tell; @target is the rest of
 * the section or "". */
struct object_program {
	char *function;
	char *section;
	enum hook_kind kind;
	char *target;
	uint32_t n_insns;
	bool has_frags;	   /* xdp.frags */
	bool is_sleepable; /* uprobe.s */
};

/* One map. @is_internal: .rodata, .data, .bss, .kconfig and the like. @is_pinned:
 * LIBBPF_PIN_BY_NAME. */
struct object_map {
	char *name;
	uint32_t type; /* BPF_MAP_TYPE_… */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	bool is_internal;
	bool is_pinned;
};

enum global_type {
	GLOBAL_SIGNED,
	GLOBAL_UNSIGNED,
	GLOBAL_BOOL,
	GLOBAL_STRING,
	GLOBAL_BYTES,
	_GLOBAL_TYPE_MAX
};

/* One global variable of BTF: @map names the internal map that holds it; @offset and @size in
 * bytes. */
struct object_global {
	char *name;
	char *map;
	enum global_type type;
	uint32_t offset;
	uint32_t size;
};

struct object {
	char *license;
	bool has_btf;
	struct object_program *programs;
	size_t n_programs;
	struct object_map *maps;
	size_t n_maps;
	struct object_global *globals;
	size_t n_globals;
};

void object_done(struct object *object);

/* Flat form for the way from the child to the daemon and for the store. */
void object_encode(const struct object *object, struct text *w);

/* Return: 0, -EBADMSG (does not fit, above a bound, or a string with control characters), -ENOMEM.
 */
int object_decode(const void *data, size_t len, struct object *ret);

/* The program whose function, else section, is @entry; NULL if there is none. */
const struct object_program *object_find_program(const struct object *object, const char *entry);
const struct object_map *object_find_map(const struct object *object, const char *name);

/**
 * object_global_value() - turn the text of a global into its bytes.
 * @ret: heap, ret_len == .size of the global.
 *
 * "100", "-1", "0xff", "true", a string (for char arrays), or "hex:0011aa" for anything.
 *
 * Return: 0, -ENOENT (no such global; nearest name), -ERANGE, -EINVAL (wrong type or size; text
 * names both), -ENOMEM.
 */
int object_global_value(const struct object *object, const char *name, const char *text, void **ret,
			const struct object_global **ret_global, struct reason *why);
