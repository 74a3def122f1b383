/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of steps. Each may be made to fail or to be the daemon's last (run/fault.h). */
#include "daemon/volume/make.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/run/fault.h"
#include "daemon/store/volume.h"
#include "daemon/volume/endpoints.h"
#include "daemon/volume/mount.h"
#include "manifest/settings.h"

void make_done(struct make *m)
{
	target_done(&m->target);
	fd_close(&m->sockets[0]);
	fd_close(&m->sockets[1]);
}

static const char *kubelet_of(const struct context *ctx)
{
	return settings_kubelet_directory(&ctx->settings->kubernetes);
}

static int do_reserve(struct make *m, struct reason *why)
{
	return store_volume_put(m->ctx->store, m->volume, why);
}

static void undo_reserve(struct make *m)
{
	store_volume_delete(m->ctx->store, m->volume->uuid, NULL);
}

static int do_directory(struct make *m, struct reason *why)
{
	int r = target_open(kubelet_of(m->ctx), m->relative, &m->target, why);

	if (r < 0)
		return r;
	/* Said before it is made: after a crash an empty directory is removed at worst. */
	m->volume->has_directory = m->target.fd < 0;
	r = store_volume_update(m->ctx->store, m->volume, false, why);
	return r < 0 ? r : mount_directory(m->volume, &m->target, why);
}

static void undo_directory(struct make *m)
{
	if (m->volume->has_directory && m->target.parent >= 0)
		unlinkat(m->target.parent, m->target.name, AT_REMOVEDIR);
}

static int do_mount(struct make *m, struct reason *why)
{
	return mount_make(m->volume, &m->target, why);
}

static void undo_mount(struct make *m)
{
	if (target_reopen(&m->target, NULL) == 0)
		mount_end(&m->target, NULL);
}

static int do_pin(struct make *m, struct reason *why)
{
	return mount_pin(m->ctx, m->volume, &m->target, m->maps, why);
}

static int do_listen(struct make *m, struct reason *why)
{
	return m->volume->layout == VOLUME_BPFD ? mount_listen(&m->target, m->sockets, why) : 0;
}

static int do_commit(struct make *m, struct reason *why)
{
	int r = store_volume_update(m->ctx->store, m->volume, true, why);

	if (r == 0 && m->sockets[0] >= 0)
		endpoints_offer_adopt(m->ctx->endpoints, m->volume->uuid, m->sockets);
	return r;
}

static const struct {
	int (*run)(struct make *m, struct reason *why);
	void (*undo)(struct make *m);
} steps[] = {
	{do_reserve, undo_reserve}, {do_directory, undo_directory},
	{do_mount, undo_mount},	    {do_pin, NULL},
	{do_listen, NULL},	    {do_commit, NULL},
};

int make_all(struct make *m, struct reason *why)
{
	struct fault fault = fault_read();

	for (size_t i = 0; i < array_size(steps); i++) {
		int r = fault_before(&fault, i, false, why);

		if (r == 0)
			r = steps[i].run(m, why);
		if (r == 0)
			r = fault_after(&fault, i);
		if (r >= 0)
			continue;
		for (size_t j = i + 1; j-- > 0;)
			if (steps[j].undo)
				steps[j].undo(m);
		return r;
	}
	return 0;
}

/* Open the place of a volume and see whether its own mount is on it. Return: 1, 0, -errno. */
static int look_at(struct context *ctx, const struct volume *v, struct target *target,
		   struct reason *why)
{
	struct mounted there = {0};
	const char *relative;
	int r = volume_relative(v->target, kubelet_of(ctx), &relative, why);

	if (r == 0)
		r = target_open(kubelet_of(ctx), relative, target, why);
	if (r == 0 && target->fd >= 0)
		r = target_mounted(target, &there, why);
	return r < 0 ? r : mounted_is_ours(&there, v->uuid);
}

bool make_is_there(struct context *ctx, const struct volume *v)
{
	_cleanup_(target_done) struct target target = {-1, -1, -1, NULL, NULL};

	return look_at(ctx, v, &target, NULL) == 1 &&
	       (v->layout != VOLUME_BPFD || endpoints_has(ctx->endpoints, v->uuid));
}

int make_end(struct context *ctx, const struct volume *v, struct reason *why)
{
	_cleanup_(target_done) struct target target = {-1, -1, -1, NULL, NULL};
	int r = look_at(ctx, v, &target, NULL);

	/* Pod or directory are gone, or the kubelet's directory is another now. */
	if (r == -ENOENT || r == -EINVAL)
		return store_volume_delete(ctx->store, v->uuid, why);
	if (r < 0)
		return fail(why, r, "cannot look at %s: %s", v->target, strerror(-r));
	r = mount_end(&target, why);
	if (r < 0)
		return r;
	if (v->has_directory && target.fd >= 0 &&
	    unlinkat(target.parent, target.name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return fail(why, -errno, "cannot remove %s: %s", v->target, strerror(errno));
	return store_volume_delete(ctx->store, v->uuid, why);
}

static bool is_pinned(const struct volume *v, const struct map_list *maps)
{
	_text_ struct text ids = {0};

	for (size_t i = 0; i < maps->n; i++)
		text_add(&ids, "%s%u", i ? "," : "", maps->items[i].id);
	return v->pinned && strcmp(v->pinned, ids.data ? ids.data : "") == 0;
}

int make_refresh(struct context *ctx, struct volume *v, bool always, struct reason *why)
{
	_cleanup_(target_done) struct target target = {-1, -1, -1, NULL, NULL};
	_cleanup_(map_list_done) struct map_list maps = {0};
	int r = volume_map_list(ctx->store, v, &maps, why);

	if (r < 0 || (!always && is_pinned(v, &maps)))
		return r;
	r = look_at(ctx, v, &target, why);
	if (r == 0)
		return fail(why, -ENOENT, "%s is not mounted", v->target);
	if (r > 0)
		r = mount_pin(ctx, v, &target, &maps, why);
	return r < 0 ? r : store_volume_update(ctx->store, v, true, why);
}

/* It is not mounted any more: from the step behind the row on. */
static int mount_anew(struct make *m, struct reason *why)
{
	int r = mount_directory(m->volume, &m->target, why);

	for (size_t i = 2; i < array_size(steps) && r == 0; i++)
		r = steps[i].run(m, why);
	if (r < 0)
		undo_mount(m);
	return r;
}

int make_again(struct context *ctx, struct volume *v, struct reason *why)
{
	_cleanup_(map_list_done) struct map_list maps = {0};
	_cleanup_(make_done) struct make m = {.ctx = ctx,
					      .volume = v,
					      .maps = &maps,
					      .target = {-1, -1, -1, NULL, NULL},
					      .sockets = {-1, -1}};
	int r = look_at(ctx, v, &m.target, why);
	bool is_there = r == 1;

	if (r < 0)
		return r;
	r = volume_map_list(ctx->store, v, &maps, why);
	if (r < 0)
		return r;
	if (!is_there)
		return mount_anew(&m, why);
	r = do_pin(&m, why);
	if (r == 0)
		r = do_listen(&m, why);
	return r < 0 ? r : do_commit(&m, why);
}
