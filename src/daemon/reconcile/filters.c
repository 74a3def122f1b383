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
#include "daemon/store/chain.h"
#include "hooks/seen.h"
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
static int scene_init(struct context *ctx, struct scene *s, const struct chain *c)
{
	const struct link row = {.ifindex = c->ifindex, .netns_ino = c->netns_ino};
	int r;

	*s = (struct scene){.place = {.netns_fd = -1, .binary_fd = -1}};
	r = hook_parse(c->hook, &s->hook, NULL);
	if (r == 0)
		r = observe_place_of_link(ctx, &row, &s->hook, &s->place, NULL);
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

static bool is_row(const struct chain *c, const struct hook_seen *seen)
{
	return c->tc_handle == seen->tc_handle && c->tc_priority == seen->tc_priority;
}

static bool is_owned(const struct chain_list *live, const char *hook, const struct hook_seen *seen)
{
	for (size_t i = 0; i < live->n; i++)
		if (live->items[i].kind == HOOK_TC && strcmp(live->items[i].hook, hook) == 0 &&
		    is_row(&live->items[i], seen))
			return true;
	return false;
}

/* Rows of what was never committed have no kernel id; the pins tell it. */
bool filters_is_ours(struct context *ctx, uint32_t program_id)
{
	glob_t pins = {0};
	paths_buf pattern;
	bool is_found = false;

	snprintf(pattern, sizeof(pattern), "%s/chains/*/p0", ctx->paths->fs);
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

void filters_remove_strays(struct context *ctx, const struct chain *c,
			   const struct chain_list *live)
{
	_cleanup_(scene_done) struct scene scene;

	if (scene_init(ctx, &scene, c) < 0)
		return;
	for (size_t i = 0; i < scene.seen.n; i++) {
		const struct hook_seen *s = &scene.seen.items[i];
		struct hook_attachment at = {
			.link_fd = -1, .tc_handle = s->tc_handle, .tc_priority = s->tc_priority};

		if (is_on_hook(s, c->hook) && !is_owned(live, c->hook, s) &&
		    filters_is_ours(ctx, s->program_id))
			hook_ops(HOOK_TC)->detach(&scene.place, &at, s->program_id, NULL);
	}
}

static const struct hook_seen *find_row(const struct scene *scene, const struct chain *c)
{
	for (size_t i = 0; i < scene->seen.n; i++)
		if (is_on_hook(&scene->seen.items[i], c->hook) && is_row(c, &scene->seen.items[i]))
			return &scene->seen.items[i];
	return NULL;
}

static int attach_again(struct context *ctx, const struct scene *scene, struct chain *c, int fd)
{
	struct hook_attach_options options = {.priority = c->tc_priority - 1};
	struct hook_attachment at = {.link_fd = -1};
	int r = hook_ops(HOOK_TC)->attach(&scene->place, fd, &options, &at, NULL);

	if (r < 0)
		return r;
	c->tc_handle = at.tc_handle;
	c->tc_priority = at.tc_priority;
	return store_chain_publish(ctx->store, c, NULL);
}

void filters_restore(struct context *ctx, struct chain *c)
{
	_cleanup_(scene_done) struct scene scene;
	struct hook_attachment at = {
		.link_fd = -1, .tc_handle = c->tc_handle, .tc_priority = c->tc_priority};
	const struct hook_seen *there;
	_close_ int fd = -1;
	paths_buf path;
	int r;

	if (scene_init(ctx, &scene, c) < 0)
		return;
	there = find_row(&scene, c);
	if (there && there->program_id == c->program_id)
		return;
	fd = bpf_pin_open(paths_in_chain(ctx->paths, c, "p0", path), false, NULL);
	if (fd < 0)
		return;
	if (there && filters_is_ours(ctx, there->program_id))
		r = hook_ops(HOOK_TC)->replace(&scene.place, &at, fd, -1, NULL);
	else
		r = attach_again(ctx, &scene, c, fd);
	if (r == 0)
		log_info("recover: filter of chain %u on %s is back", c->id, c->hook);
}
