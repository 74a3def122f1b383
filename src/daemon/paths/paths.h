/* SPDX-License-Identifier: Apache-2.0 */
/* Every path the daemon uses, computed in one place. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/program.h"

#define PATHS_MAX 512

/*
 * Below the private bpffs (.fs): loads/<uuid>/p<i> and map_<id>; links/<id>; chains/<id>-<revision>
 * with link, p<segment>, n<segment> (the array that leads to the next) and stats; staging/<uuid>
 * while a load is made; trash/<name> while something is removed. Below .maps: <config or
 * program>/<map> for applications.
 */
struct paths {
	char runtime[PATHS_MAX / 2];
	char state[PATHS_MAX / 2];
	char config[PATHS_MAX / 2];
	char socket[PATHS_MAX];
	char maps_socket[PATHS_MAX];
	char keeper_socket[PATHS_MAX];
	char db[PATHS_MAX];
	char fs[PATHS_MAX];
	char maps[PATHS_MAX];
};

/* Return: 0, -EINVAL (not absolute), -ENAMETOOLONG (a unix socket below it would not fit 107
 * bytes). */
int paths_init(struct paths *paths, const char *runtime, const char *state, const char *config);

/* Each fills @ret and returns it. */
typedef char paths_buf[PATHS_MAX + 320];
const char *paths_load(const struct paths *p, const char *uuid, paths_buf ret);
const char *paths_program(const struct paths *p, const char *load, uint32_t index, paths_buf ret);
const char *paths_map(const struct paths *p, const char *load, uint32_t id, paths_buf ret);
const char *paths_staging(const struct paths *p, const char *uuid, paths_buf ret);
const char *paths_link(const struct paths *p, uint32_t id, paths_buf ret);
const char *paths_chain(const struct paths *p, uint32_t id, uint32_t revision, paths_buf ret);
const char *paths_in_chain(const struct paths *p, const struct chain *chain, const char *name,
			   paths_buf ret);
const char *paths_trash(const struct paths *p, const char *name, paths_buf ret);
const char *paths_trash_link(const struct paths *p, uint32_t id, paths_buf ret);
const char *paths_trash_program(const struct paths *p, const char *uuid, paths_buf ret);

/* Directory and pin of an exported map; dots in names are escaped, because bpffs refuses them. */
const char *paths_export(const struct paths *p, const char *owner, const char *map, paths_buf ret);
