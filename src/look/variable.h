/* SPDX-License-Identifier: Apache-2.0 */
/* Global variables of an object, from its BTF. */
#pragma once

#include "model/object.h"

struct bpf_map;
struct bpf_object;
struct reason;

/* libbpf puts the object's name before those of internal maps; ours is always the same. */
#define VARIABLE_OBJECT_NAME "bpfd"

/* The map's name as we say it: ".rodata" for an internal map "bpfd.rodata"; borrowed. */
const char *variable_map_name(const struct bpf_map *map);

/**
 * variable_describe() - append the variables with external linkage of .data, .bss and .rodata.
 *
 * Static variables have no offset in BTF before linking, so they are left out.
 *
 * Return: 0, -ENOEXEC (outside of its map, or another size than its type; above a bound), -ENOMEM.
 */
int variable_describe(const struct bpf_object *obj, struct object *o, struct reason *why);
