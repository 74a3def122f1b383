/* SPDX-License-Identifier: Apache-2.0 */
/* Owns finding tc filters again that a killed daemon left on one side or the other. */
#include "daemon/reconcile/filters.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/observe/place.h"
#include "daemon/paths/paths.h"
#include "daemon/store/store.h"
#include "kernel/bpf.h"

/* One hook and what is on it. */
struct scene {
	struct hook hook;
	struct hook_place place;
	struct hook_seen_list seen;
};

static void scene_done(struct scene *s)
{
	place_done(&s->place);
	hook_seen_list_done(&s->seen);
	hook_done(&s->hook);
}

/* @s has to stay where it is: its place points into it. */
static int scene_init(struct scene *s, const struct link *l)
{
	int r;

	*s = (struct scene){.place = {.netns_fd = -1, .binary_fd = -1}};
	r = hook_parse(l->hook, &s->hook, NULL);
	if (r == 0)
		r = observe_place_of_link(l, &s->hook, &s->place, NULL);
	if (r == 0)
		r = hook_ops(HOOK_TC)->resolve(&s->place, NULL);
	if (r == 0)
		r = hook_observe(s->place.netns_fd, s->hook.netns, &s->seen, NULL);
	return r;
}

static bool is_on_hook(const struct hook_seen *seen, const char *hook)
{
	_free_ char *text = seen->hook.kind == HOOK_TC ? hook_format(&seen->hook) : NULL;

	return text && strcmp(text, hook) == 0;
}

static bool is_row(const struct link *l, const struct hook_seen *seen)
{
	return l->tc_handle == seen->tc_handle && l->tc_priority == seen->tc_priority;
}

static bool is_owned(const struct link_list *live, const char *hook, const struct hook_seen *seen)
{
	for (size_t i = 0; i < live->n; i++)
		if (live->items[i].kind == HOOK_TC && strcmp(live->items[i].hook, hook) == 0 &&
		    is_row(&live->items[i], seen))
			return true;
	return false;
}

/* The rows of programs that were never committed have no kernel id; their pins tell it. */
static bool is_pinned(struct context *ctx, uint32_t program_id)
{
	glob_t pins = {0};
	paths_buf pattern;
	bool is_found = false;

	snprintf(pattern, sizeof(pattern), "%s/loads/*/p*", ctx->paths->fs);
	if (glob(pattern, GLOB_NOSORT, NULL, &pins) != 0)
		return false;
	for (size_t i = 0; i < pins.gl_pathc && !is_found; i++) {
		struct bpf_prog_info info = {0};
		_close_ int fd = bpf_pin_open(pins.gl_pathv[i], false, NULL);

		is_found = fd >= 0 && bpf_program_info(fd, &info) == 0 && info.id == program_id;
	}
	globfree(&pins);
	return is_found;
}

void filters_remove_strays(struct context *ctx, const struct link *l, const struct link_list *live)
{
	_cleanup_(scene_done) struct scene scene;

	if (scene_init(&scene, l) < 0)
		return;
	for (size_t i = 0; i < scene.seen.n; i++) {
		const struct hook_seen *s = &scene.seen.items[i];
		struct hook_attachment at = {
			.link_fd = -1, .tc_handle = s->tc_handle, .tc_priority = s->tc_priority};

		if (is_on_hook(s, l->hook) && !is_owned(live, l->hook, s) &&
		    is_pinned(ctx, s->program_id))
			hook_ops(HOOK_TC)->detach(&scene.place, &at, s->program_id, NULL);
	}
}

static const struct hook_seen *find_row(const struct scene *scene, const struct link *l)
{
	for (size_t i = 0; i < scene->seen.n; i++)
		if (is_on_hook(&scene->seen.items[i], l->hook) && is_row(l, &scene->seen.items[i]))
			return &scene->seen.items[i];
	return NULL;
}

static int open_program(struct context *ctx, const struct link *l)
{
	_cleanup_(program_done) struct program p = {0};
	paths_buf path;
	int r = store_program_by_uuid(ctx->store, l->program, &p, NULL);

	return r < 0 ? r
		     : bpf_pin_open(paths_program(ctx->paths, p.load, p.index, path), false, NULL);
}

static int attach_again(struct context *ctx, const struct scene *scene, struct link *l, int fd)
{
	struct hook_attach_options options = {.priority = l->priority};
	struct hook_attachment at = {.link_fd = -1};
	int r = hook_ops(HOOK_TC)->attach(&scene->place, fd, &options, &at, NULL);

	if (r < 0)
		return r;
	l->tc_handle = at.tc_handle;
	l->tc_priority = at.tc_priority;
	return store_link_publish(ctx->store, l, NULL);
}

void filters_restore(struct context *ctx, struct link *l, bool was_interrupted)
{
	_cleanup_(scene_done) struct scene scene;
	struct hook_attachment at = {
		.link_fd = -1, .tc_handle = l->tc_handle, .tc_priority = l->tc_priority};
	const struct hook_seen *there;
	_close_ int fd = -1;
	int r;

	if (scene_init(&scene, l) < 0)
		return;
	there = find_row(&scene, l);
	if (there && there->program_id == l->program_id)
		return;
	fd = open_program(ctx, l);
	if (fd < 0)
		return;
	if (there && was_interrupted && is_pinned(ctx, there->program_id))
		r = hook_ops(HOOK_TC)->replace(&scene.place, &at, fd, -1, NULL);
	else
		r = attach_again(ctx, &scene, l, fd);
	if (r == 0)
		log_info("recover: filter of link %u on %s is back", l->id, l->hook);
}
