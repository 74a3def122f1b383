/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which identity opens what a hook names. */
#include "daemon/observe/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/auth/auth.h"
#include "daemon/context.h"
#include "forkserver/client.h"
#include "forkserver/container.h"
#include "kernel/netns.h"
#include "model/program.h"

void place_done(struct hook_place *place)
{
	fd_close(&place->netns_fd);
	fd_close(&place->binary_fd);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Not as the caller, who is nobody in there. */
static int check_container(const struct caller *caller, const char *id, struct reason *why)
{
	if (caller->rights & (RIGHT_ADMIN | RIGHT_AGENT))
		return 0;
	return fail(why, -EACCES,
		    "uid %u may not reach into container %s: that is for bpfd-agent "
		    "and administrators",
		    caller->identity.uid, id);
}

static const char *container_of_netns(const char *netns)
{
	size_t len = strlen(HOOK_CONTAINER_PREFIX);

	return strncmp(netns, HOOK_CONTAINER_PREFIX, len) == 0 ? netns + len : NULL;
}

int observe_netns(struct context *ctx, const struct caller *caller, const char *netns,
		  struct reason *why)
{
	const char *id = container_of_netns(netns);
	char path[4200];

	if (id) {
		int r = check_container(caller, id, why);

		return r < 0 ? r : job_container_netns(ctx->forkserver, id, why);
	}
	if (netns[0] == '/')
		snprintf(path, sizeof(path), "%s", netns);
	else
		snprintf(path, sizeof(path), "/run/netns/%s", netns);
	return job_open(ctx->forkserver, &caller->identity, JOB_OPEN_NETNS, path, why);
}

static int open_target(struct context *ctx, const struct caller *caller, const struct hook *hook,
		       struct reason *why)
{
	const char *id = hook_container(hook);
	int r = id ? check_container(caller, id, why) : 0;

	if (r < 0)
		return r;
	if (id)
		return job_container_file(ctx->forkserver, id, hook->target, why);
	return job_open(ctx->forkserver, &caller->identity, JOB_OPEN_BINARY, hook->target, why);
}

static int open_binary(struct context *ctx, const struct caller *caller, const struct hook *hook,
		       struct hook_place *place, struct reason *why)
{
	uint64_t start = 0;
	int r;

	place->binary_fd = open_target(ctx, caller, hook, why);
	if (place->binary_fd < 0)
		return place->binary_fd;
	if (hook->symbol) {
		r = job_resolve(ctx->forkserver, place->binary_fd, hook->symbol, &start, why);
		if (r < 0) {
			reason_prefix(why, "%s", hook->target);
			return r;
		}
	}
	place->offset = start + hook->offset;
	return 0;
}

int observe_place(struct context *ctx, const struct caller *caller, const struct hook *hook,
		  struct hook_place *ret, struct reason *why)
{
	_cleanup_(place_done) struct hook_place place = {
		.hook = hook, .netns_fd = -1, .binary_fd = -1, .events_fd = ctx->events_fd};
	int r = 0;

	if (hook_kind_info(hook->kind)->shape & HOOK_HAS_SYMBOL) {
		r = open_binary(ctx, caller, hook, &place, why);
	} else if (hook->netns) {
		place.netns_fd = observe_netns(ctx, caller, hook->netns, why);
		if (place.netns_fd < 0)
			return place.netns_fd;
	}
	if (r == 0)
		r = hook_ops(hook->kind)->resolve(&place, why);
	if (r < 0)
		return r;
	place.netns_ino = inode_of(place.netns_fd);
	*ret = place;
	place.netns_fd = place.binary_fd = -1;
	return 0;
}

static int reopen_netns(struct context *ctx, const struct hook *hook, struct reason *why)
{
	const char *id = hook_container(hook);

	return id ? job_container_netns(ctx->forkserver, id, why) : netns_open(hook->netns, why);
}

int observe_place_of_link(struct context *ctx, const struct link *link, const struct hook *hook,
			  struct hook_place *ret, struct reason *why)
{
	_cleanup_(place_done) struct hook_place place = {
		.hook = hook, .netns_fd = -1, .binary_fd = -1, .ifindex = link->ifindex};

	if (hook->netns && !(hook_kind_info(hook->kind)->shape & HOOK_HAS_SYMBOL)) {
		place.netns_fd = reopen_netns(ctx, hook, why);
		if (place.netns_fd < 0)
			return place.netns_fd;
		if (inode_of(place.netns_fd) != link->netns_ino)
			return fail(why, -ENOENT, "network namespace %s is another one now",
				    hook->netns);
	}
	*ret = place;
	place.netns_fd = place.binary_fd = -1;
	return 0;
}
