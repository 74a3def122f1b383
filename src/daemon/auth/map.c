/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rule that a descriptor is authority and an answer is not. */
#include "daemon/auth/map.h"

#include <errno.h>

#include "base/reason.h"
#include "daemon/auth/auth.h"
#include "daemon/volume/volume.h"
#include "kernel/map.h"
#include "model/program.h"

/* The export's owner, group and mode count as on the pin itself. */
static unsigned int export_bits(const struct map *map, const struct job_identity *who)
{
	if (!map->export.path)
		return 0;
	if (map->export.uid == who->uid)
		return map->export.mode >> 6 & 6;
	if (map->export.gid == who->gid)
		return map->export.mode >> 3 & 6;
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == map->export.gid)
			return map->export.mode >> 3 & 6;
	return map->export.mode & 6;
}

static bool is_given(const struct caller *caller, const struct map *map, unsigned int needed)
{
	return caller->identity.uid == map->owner_uid ||
	       (export_bits(map, &caller->identity) & needed) == needed;
}

int auth_map_fd(const struct caller *caller, const struct map *map, bool want_write,
		struct reason *why)
{
	if (caller->volume)
		return volume_may(caller->volume, want_write, why);
	if (caller->rights & RIGHT_ADMIN)
		return 0;
	if (!map_type_is_data(map->type))
		return fail(why, -EACCES,
			    "map %s of type %s: its descriptor is for administrators only",
			    map->name, map_type_name(map->type));
	if (is_given(caller, map, want_write ? 6 : 4))
		return 0;
	fail(why, -EACCES, "map %s is not %s to uid %u", map->name,
	     want_write ? "open for writing" : "open", caller->identity.uid);
	reason_hint(why,
		    "its owner can export it: bpfctl load --export %s:%u; bpfctl map dump works"
		    " for those who may read",
		    map->name, caller->identity.uid);
	return -EACCES;
}

int auth_map_read(const struct caller *caller, const struct map *map, struct reason *why)
{
	if (caller->volume || caller->rights & (RIGHT_READ | RIGHT_ADMIN) ||
	    is_given(caller, map, 4))
		return 0;
	fail(why, -EACCES, "map %s is not open to uid %u", map->name, caller->identity.uid);
	reason_hint(why, "group %s may read; its owner can export it to you", AUTH_GROUP);
	return -EACCES;
}
