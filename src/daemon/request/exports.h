/* SPDX-License-Identifier: Apache-2.0 */
/* What load and apply have in common: exports by name and maps shared from other programs. */
#pragma once

#include "daemon/plan/load.h"

struct caller;
struct config_export;
struct config_share;
struct context;
struct object;
struct reason;

/**
 * export_resolve() - names to numbers; the defaults are the caller and mode 0600.
 *
 * Giving a map to somebody else needs the admin right, because a pin is authority over it.
 * Return: 0, -ENOENT (no such user or group), -EACCES, -EINVAL.
 */
int export_resolve(const struct caller *caller, const struct config_export *from,
		   struct load_export *ret, struct reason *why);

/* -EACCES: a map that is no data (a prog_array, say) leaves the daemon for administrators only. */
int export_check_type(const struct caller *caller, const struct object *object, const char *name,
		      struct reason *why);

/* Find .map of the program .from (a ref): the caller must own it or be an admin. */
int export_share_resolve(struct context *ctx, const struct caller *caller,
			 const struct config_share *share, struct plan_share *ret,
			 struct reason *why);
