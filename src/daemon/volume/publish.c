/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of making and ending a volume. V1: a row is there before anything is made, and
 * goes after everything is gone. */
#include "daemon/volume/publish.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/auth/auth.h"
#include "daemon/context.h"
#include "daemon/run/fault.h"
#include "daemon/store/volume.h"
#include "daemon/volume/endpoints.h"
#include "daemon/volume/make.h"
#include "daemon/volume/mount.h"
#include "daemon/volume/target.h"
#include "kernel/map.h"
#include "manifest/settings.h"
#include "model/uuid.h"

static int check_on(const struct context *ctx, struct reason *why)
{
	if (ctx->settings->kubernetes.is_on)
		return 0;
	fail(why, -EOPNOTSUPP, "this daemon makes no volumes");
	reason_hint(why, "set kubernetes in bpfd.yaml (an empty mapping, {}, takes the defaults)");
	return -EOPNOTSUPP;
}

/* Every name has a map, which is data and whose owner asks. */
static int check_maps(const struct caller *caller, const struct volume *v,
		      const struct map_list *maps, struct reason *why)
{
	char name[VOLUME_MAP_MAX + 1];
	const char *at = v->maps;
	size_t n = 0;

	while (volume_next_map(&at, name)) {
		const struct map *map = n < maps->n ? &maps->items[n] : NULL;

		if (!map || strcmp(map->name, name) != 0) {
			fail(why, -ENOENT, "no map %s of a config or program %s", name, v->config);
			reason_hint(why, "it may not be loaded yet: try again; bpfctl get maps"
					 " lists those that are");
			return -ENOENT;
		}
		if (!volume_is_for_pods(map))
			return fail(why, -EACCES, "map %s of type %s is not given to pods", name,
				    map_type_name(map->type));
		if (auth_check_owner(caller, map->owner_uid, name, why) < 0)
			return -EACCES;
		if (map->owner_uid != maps->items[0].owner_uid)
			return fail(why, -EACCES, "maps of %s belong to several users", v->config);
		n++;
	}
	return 0;
}

/* Return: 1 (it is there already), 0 (make it), -errno. */
static int find_same(struct context *ctx, const struct volume *v, struct reason *why)
{
	_cleanup_(volume_done) struct volume by_id = {0};
	_cleanup_(volume_done) struct volume by_target = {0};
	int r = store_volume_find(ctx->store, v->id, NULL, &by_id, NULL);

	if (r == -ENOENT)
		r = store_volume_find(ctx->store, NULL, v->target, &by_target, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fail(why, r, "cannot read the state");
	if (!by_id.id)
		return fail(why, -EEXIST, "%s is the target of volume %s", v->target, by_target.id);
	if (!volume_same(&by_id, v)) {
		fail(why, -EEXIST, "volume %s is published already, with other arguments", v->id);
		reason_hint(why, "unpublish it first: its arguments do not change");
		return -EEXIST;
	}
	if (make_is_there(ctx, &by_id))
		return 1;
	/* Somebody has unmounted it, or a start could not make it again. */
	r = volume_unpublish(ctx, v->id, v->target, why);
	return r < 0 ? r : 0;
}

int volume_publish(struct context *ctx, const struct caller *caller, struct volume *v,
		   struct reason *why)
{
	_cleanup_(map_list_done) struct map_list maps = {0};
	_cleanup_(make_done) struct make make = {.ctx = ctx,
						 .volume = v,
						 .maps = &maps,
						 .target = {-1, -1, -1, NULL, NULL},
						 .sockets = {-1, -1}};
	const char *kubelet = settings_kubelet_directory(&ctx->settings->kubernetes);
	int r = check_on(ctx, why);

	if (r == 0)
		r = volume_check(v, why);
	if (r == 0)
		r = volume_relative(v->target, kubelet, &make.relative, why);
	if (r == 0)
		r = find_same(ctx, v, why);
	if (r != 0)
		return r < 0 ? r : 0;
	v->owner = VOLUME_ANYBODY;
	r = volume_map_list(ctx->store, v, &maps, why);
	if (r == 0)
		r = check_maps(caller, v, &maps, why);
	if (r == 0)
		r = store_volume_count(ctx->store, why);
	if (r >= VOLUMES_MAX)
		return fail(why, -E2BIG, "there are %d volumes already", r);
	if (r < 0)
		return r;
	uuid_new(v->uuid);
	v->owner = maps.items[0].owner_uid;
	v->published_at = (uint64_t)time(NULL);
	return make_all(&make, why);
}

/* A volume whose row was lost, with a state directory that was removed. */
static int end_without_row(struct context *ctx, const char *target, struct reason *why)
{
	_cleanup_(target_done) struct target t = {-1, -1, -1, NULL, NULL};
	const char *relative;
	int r = volume_relative(target, settings_kubelet_directory(&ctx->settings->kubernetes),
				&relative, why);

	if (r < 0)
		return r;
	r = target_open(settings_kubelet_directory(&ctx->settings->kubernetes), relative, &t, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fail(why, r, "cannot open %s: %s", target, strerror(-r));
	return mount_end(&t, why);
}

int volume_unpublish(struct context *ctx, const char *id, const char *target, struct reason *why)
{
	_cleanup_(volume_done) struct volume v = {0};
	int r = check_on(ctx, why);

	if (r < 0)
		return r;
	r = store_volume_find(ctx->store, id, target, &v, NULL);
	if (r == -ENOENT) {
		/* The target may be another volume's. */
		r = store_volume_find(ctx->store, NULL, target, &v, NULL);
		return r == -ENOENT ? end_without_row(ctx, target, why) : r < 0 ? r : 0;
	}
	if (r < 0)
		return fail(why, r, "cannot read the state");
	/* A crash from here on is finished by the next start. */
	r = store_volume_update(ctx->store, &v, false, why);
	if (r == 0)
		endpoints_withdraw(ctx->endpoints, v.uuid);
	if (r == 0)
		r = make_end(ctx, &v, why);
	if (r < 0)
		store_volume_update(ctx->store, &v, true, NULL);
	return r;
}

static void refresh(struct context *ctx, struct volume *v)
{
	_reason_ struct reason why = {0};

	if (make_refresh(ctx, v, false, &why) < 0)
		log_warning("volume %s could not be refreshed: %s", v->id, why.text);
}

void volume_refresh_all(struct context *ctx)
{
	_cleanup_(volume_list_done) struct volume_list list = {0};

	if (!ctx->settings->kubernetes.is_on ||
	    store_volume_list(ctx->store, true, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		refresh(ctx, &list.items[i]);
}

static void end_pending(struct context *ctx)
{
	_cleanup_(volume_list_done) struct volume_list list = {0};

	if (store_volume_list(ctx->store, false, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++) {
		_reason_ struct reason why = {0};

		log_info("recover: volume %s was not finished: removed", list.items[i].id);
		if (make_end(ctx, &list.items[i], &why) < 0)
			log_warning("volume %s: %s", list.items[i].id, why.text);
	}
}

static void recover_one(struct context *ctx, struct volume *v)
{
	_reason_ struct reason why = {0};
	int r = make_again(ctx, v, &why);

	if (r == -ENOENT) {
		log_info("recover: the pod of volume %s is gone: dropped", v->id);
		r = store_volume_delete(ctx->store, v->uuid, NULL);
	}
	if (r < 0)
		log_warning("recover: volume %s: %s", v->id, why.text);
}

static void end_stray(const char *path, const char *uuid, void *arg)
{
	struct context *ctx = arg;
	_cleanup_(volume_done) struct volume v = {0};
	_reason_ struct reason why = {0};
	int r;

	if (store_volume_get(ctx->store, uuid, &v, NULL) != -ENOENT)
		return;
	r = end_without_row(ctx, path, &why);
	if (r < 0)
		log_warning("recover: mount %s: %s", path, why.text);
	else
		log_info("recover: mount %s has no row: unmounted", path);
}

/* A daemon in the kubelet's own mount namespace can do without. */
static void warn_of_private_mounts(const char *kubelet)
{
	int r = target_is_shared(kubelet);

	if (r < 0)
		log_warning("%s: %s: no volumes for pods until it is there", kubelet, strerror(-r));
	else if (r == 0)
		log_warning("mounts in %s are private: where bpfd is in a container, mount it with "
			    "Bidirectional propagation, or no pod sees its volumes",
			    kubelet);
}

void volume_recover_all(struct context *ctx)
{
	_cleanup_(volume_list_done) struct volume_list list = {0};

	if (!ctx->settings->kubernetes.is_on)
		return;
	warn_of_private_mounts(settings_kubelet_directory(&ctx->settings->kubernetes));
	end_pending(ctx);
	if (store_volume_list(ctx->store, true, &list, NULL) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		recover_one(ctx, &list.items[i]);
	target_each_mount(settings_kubelet_directory(&ctx->settings->kubernetes), end_stray, ctx);
}
