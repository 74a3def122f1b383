/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding what to load from one object: which programs, as what, under which names, with which
 * globals. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/plan/plan.h"
#include "model/image_labels.h"
#include "model/object.h"

struct paths;
struct reason;

/* One program asked for. @entry: function, else section, NULL: the only one; @name, @type: NULL: by
 * themselves. */
struct load_choice {
	const char *entry;
	const char *name;
	const char *type;
};

struct load_export {
	const char *map;
	uid_t uid;
	gid_t gid;
	uint32_t mode;
};

/* A wish; everything borrowed. @shares: found in the store already. */
struct load_wish {
	const char *bytecode;
	const char *digest;
	const struct object *object;
	const struct image_labels *labels_of_image;
	const char *name;
	const char *config;
	const struct load_choice *choices;
	size_t n_choices;
	const struct config_global *globals;
	size_t n_globals;
	const struct labels *labels;
	const struct plan_share *shares;
	size_t n_shares;
	const struct load_export *exports;
	size_t n_exports;
	uid_t uid;
	gid_t gid;
	uint64_t now;
	bool want_log;
};

/**
 * plan_add_wish() - add one load (and its exports) to the plan.
 *
 * Names: as chosen; else .name for one program and "name-function" for several, where
 * the image's program_name is the default of .name; else the function.
 * Return: 0, -ENOENT (no such program, map or global; the nearest name), -EINVAL (no type known,
 * type contradicts the section, bad name, the same name twice), -EOPNOTSUPP (a kind this version
 * does not have), -ENOMEM.
 */
int plan_add_wish(struct plan *plan, const struct load_wish *wish, const struct paths *paths,
		  struct reason *why);
