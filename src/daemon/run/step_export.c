/* SPDX-License-Identifier: Apache-2.0 */
/* Pins for applications: a second bpffs that others may walk, each pin with its owner and mode. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/plan/plan.h"
#include "daemon/run/export.h"
#include "daemon/run/run.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"

static int map_fd(const struct plan_load *load, const char *name)
{
	for (size_t i = 0; i < load->result.n_maps; i++)
		if (strcmp(load->result.maps[i].name, name) == 0)
			return load->result.maps[i].fd;
	return -1;
}

static void parent_of(const char *path, paths_buf ret)
{
	snprintf(ret, sizeof(paths_buf), "%s", path);
	*strrchr(ret, '/') = '\0';
}

int export_make(int fd, const struct map_export *to, struct reason *why)
{
	paths_buf dir;
	int r;

	parent_of(to->path, dir);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return fail(why, -errno, "cannot make %s: %s", dir, strerror(errno));
	/* The umask of the daemon must not close the directory to those it is made for. */
	if (chmod(dir, 0755) < 0)
		return fail(why, -errno, "cannot open %s: %s", dir, strerror(errno));
	r = bpf_pin(fd, to->path, why);
	if (r < 0)
		return r;
	/* The mode first: that of another's file can be changed with CAP_FOWNER only. */
	if (chmod(to->path, to->mode) < 0 || chown(to->path, to->uid, to->gid) < 0)
		return fail(why, -errno, "cannot give %s to uid %u: %s", to->path, to->uid,
			    strerror(errno));
	return 0;
}

void export_remove(const struct map_export *to)
{
	paths_buf dir;

	bpffs_unlink(to->path, NULL);
	parent_of(to->path, dir);
	/* Fails as long as another map of the same owner is in it. */
	rmdir(dir);
}

/* An export that is replaced in this plan makes room: same path, older map. */
static int make_room(struct run *run, const char *path, struct reason *why)
{
	for (size_t i = 0; i < run->plan->n_drop_programs; i++) {
		const struct plan_drop_program *d = &run->plan->drop_programs[i];

		for (size_t j = 0; j < d->n_exports; j++)
			if (d->exports[j].export.path &&
			    strcmp(d->exports[j].export.path, path) == 0)
				return bpffs_unlink(path, why);
	}
	return 0;
}

/* Undo of make_room(): the old map is still pinned with its load, or set aside. */
static void put_back(struct run *run, const char *path)
{
	for (size_t i = 0; i < run->plan->n_drop_programs; i++) {
		const struct plan_drop_program *d = &run->plan->drop_programs[i];

		for (size_t j = 0; j < d->n_exports; j++) {
			paths_buf pin;
			int fd;

			if (!d->exports[j].export.path ||
			    strcmp(d->exports[j].export.path, path) != 0)
				continue;
			fd = bpf_pin_open(
				paths_map(run->ctx->paths, d->row.load, d->exports[j].id, pin),
				false, NULL);
			if (fd < 0)
				continue;
			export_make(fd, &d->exports[j].export, NULL);
			close(fd);
		}
	}
}

/* A directory has the name of a config or of a program: two users may have one of each. */
static int check_directory(struct run *run, const struct plan_export *e, struct reason *why)
{
	uid_t owner = run->plan->loads[e->load].programs[0].owner_uid;
	paths_buf dir;
	int r;

	parent_of(e->to.path, dir);
	r = store_map_exported_by_other(run->ctx->store, dir, owner, why);
	if (r <= 0)
		return r;
	fail(why, -EEXIST, "%s has exports of another user", dir);
	reason_hint(why, "a config and a program of the same name: choose another");
	return -EEXIST;
}

static int do_export(struct run *run, size_t index, struct reason *why)
{
	struct plan_export *e = &run->plan->exports[index];
	int fd = map_fd(&run->plan->loads[e->load], e->map);
	int r;

	if (fd < 0)
		return fail(why, -ENOENT, "no map %s to export", e->map);
	r = check_directory(run, e, why);
	if (r == 0)
		r = make_room(run, e->to.path, why);
	if (r < 0)
		return r;
	if (access(e->to.path, F_OK) == 0) {
		fail(why, -EEXIST, "there is an export %s already", e->to.path);
		reason_hint(why, "a config and a program of the same name: choose another");
		return -EEXIST;
	}
	e->is_made = true;
	return export_make(fd, &e->to, why);
}

static void undo_export(struct run *run, size_t index)
{
	const struct plan_export *e = &run->plan->exports[index];

	if (e->is_made)
		export_remove(&e->to);
	put_back(run, e->to.path);
}

const struct step_ops step_export = {"export", do_export, undo_export};
