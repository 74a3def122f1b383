/* SPDX-License-Identifier: Apache-2.0 */
/* From an opened object to one that may be loaded: which programs, which maps, which values. */
#pragma once

#include "load/request.h"

struct bpf_object;
struct reason;

/* Only the chosen programs are loaded, as the types asked for. Return: 0, -ENOENT (no such
 * program), -EINVAL (chosen twice; one section with two types). */
int prepare_programs(struct bpf_object *obj, const struct load_request *request,
		     struct reason *why);

/**
 * prepare_maps() - nothing is pinned; shared maps take the place of the object's; variables get
 * their values.
 *
 * Return: 0, -ENOENT (no such map), -EINVAL (a shared map of another shape: text names the
 * difference; a value beyond its map), -errno.
 */
int prepare_maps(struct bpf_object *obj, const struct load_request *request, struct reason *why);

/* A map by the name that its description has (".rodata"); NULL when there is none. */
struct bpf_map *prepare_find_map(const struct bpf_object *obj, const char *name);
