/* SPDX-License-Identifier: Apache-2.0 */
/* Owns who may be given a map. */
#include "daemon/request/exports.h"

#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/auth/account.h"
#include "daemon/auth/auth.h"
#include "daemon/context.h"
#include "daemon/store/store.h"
#include "kernel/map.h"

static int find_user(const char *text, uid_t *ret, struct reason *why)
{
	if (text_parse_u32(text, ret) == 0)
		return 0;
	if (account_user(text, ret) < 0)
		return fail(why, -ENOENT, "no user \"%s\" on this host", text);
	return 0;
}

static int find_group(const char *text, gid_t *ret, struct reason *why)
{
	if (text_parse_u32(text, ret) == 0)
		return 0;
	if (account_group(text, ret) < 0)
		return fail(why, -ENOENT, "no group \"%s\" on this host", text);
	return 0;
}

int export_resolve(const struct caller *caller, const struct config_export *from,
		   struct load_export *ret, struct reason *why)
{
	int r = 0;

	*ret = (struct load_export){.map = from->map,
				    .uid = caller->identity.uid,
				    .gid = caller->identity.gid,
				    .mode = from->has_mode ? from->mode : 0600};
	if (from->owner && *from->owner)
		r = find_user(from->owner, &ret->uid, why);
	if (r == 0 && from->group && *from->group)
		r = find_group(from->group, &ret->gid, why);
	if (r < 0)
		return r;
	if (ret->uid != caller->identity.uid && !(caller->rights & RIGHT_ADMIN))
		return fail(why, -EACCES, "map %s: only administrators may export to another user",
			    from->map);
	return 0;
}

int export_check_type(const struct caller *caller, const struct object *object, const char *name,
		      struct reason *why)
{
	const struct object_map *map = object_find_map(object, name);

	/* One that the object does not have is an error of the plan. */
	if (!map || map_type_is_data(map->type) || caller->rights & RIGHT_ADMIN)
		return 0;
	return fail(why, -EACCES, "map %s of type %s is exported by administrators only", name,
		    map_type_name(map->type));
}

int export_share_resolve(struct context *ctx, const struct caller *caller,
			 const struct config_share *share, struct plan_share *ret,
			 struct reason *why)
{
	_cleanup_(program_done) struct program program = {0};
	_cleanup_(map_list_done) struct map_list maps = {0};
	_text_ struct text what = {0};
	int r = store_program_get(ctx->store, share->from, &program, why);

	if (r < 0)
		return r;
	text_add(&what, "program %s", program.name);
	r = auth_check_owner(caller, program.owner_uid, what.data ? what.data : "it", why);
	if (r == 0)
		r = store_map_list(ctx->store, NULL, program.uuid, &maps, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < maps.n; i++) {
		if (strcmp(maps.items[i].name, share->map) != 0)
			continue;
		if (!map_type_is_data(maps.items[i].type) && !(caller->rights & RIGHT_ADMIN))
			return fail(why, -EACCES,
				    "map %s of type %s is shared by administrators only",
				    share->map, map_type_name(maps.items[i].type));
		ret->id = maps.items[i].id;
		memcpy(ret->load, maps.items[i].load, UUID_TEXT_SIZE);
		return text_set(&ret->map, share->map) < 0 ? fail(why, -ENOMEM, "out of memory")
							   : 0;
	}
	return fail(why, -ENOENT, "program %s has no map \"%s\" to share", program.name,
		    share->map);
}
