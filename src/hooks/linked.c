/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what several kinds do alike with link objects. */
#include "hooks/linked.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/bpf_abi.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "kernel/netns.h"
#include "kernel/perf.h"

/* How long a link may take to end after its last unlink; 20 ms were seen. For a grace period it
 * even looks alive (5.10: can be opened by id), so what holds is believed only after a while. */
#define ENDING_MAX_MS 500
#define GRACE_MS      50

int linked_in_netns(const struct hook_place *place, int (*fn)(void *arg), void *arg,
		    struct reason *why)
{
	return netns_run(place->netns_fd, fn, arg, why);
}

struct resolving {
	struct hook_place *place;
	struct reason *why;
};

static int find_netdev(void *arg)
{
	struct resolving *call = arg;

	return netdev_find(call->place->hook->target, &call->place->ifindex, call->why);
}

int linked_resolve_netdev(struct hook_place *place, struct reason *why)
{
	struct resolving call = {.place = place, .why = why};

	return linked_in_netns(place, find_netdev, &call, why);
}

static int info_of(int link_fd, struct abi_link_info *ret)
{
	*ret = (struct abi_link_info){0};
	return bpf_info(link_fd, ret, sizeof(*ret));
}

int linked_take(int *link_fd, struct hook_attachment *ret, struct reason *why)
{
	struct abi_link_info info;
	int r = info_of(*link_fd, &info);

	if (r < 0)
		return fail(why, r, "cannot ask about a new link: %s", strerror(-r));
	ret->kernel_id = info.id;
	ret->is_pinnable = true;
	ret->link_fd = take_fd(link_fd);
	return 0;
}

int linked_create(const struct linked_try *attempt)
{
	int r = attempt->create(attempt->arg);

	for (int ms = 0; ms < ENDING_MAX_MS && (r == -EEXIST || r == -EBUSY); ms++) {
		if (ms >= GRACE_MS && attempt->is_held(attempt->arg))
			break;
		usleep(1000);
		r = attempt->create(attempt->arg);
	}
	return r;
}

struct event {
	int perf_fd;
	int program_fd;
	uint32_t program_id;
};

static int create_on_event(void *arg)
{
	const struct event *event = arg;

	return link_create_perf(event->program_fd, event->perf_fd);
}

static int match_event(const struct link_facts *facts, void *arg)
{
	const struct event *event = arg;

	return facts->type == BPF_LINK_TYPE_PERF_EVENT && facts->program_id == event->program_id;
}

/* A tracepoint takes a program once. */
static bool is_on_event(void *arg)
{
	struct event *event = arg;

	event->program_id = linked_program_id(event->program_fd);
	return link_walk(match_event, event) != 0;
}

static int refuse_event(int program_fd, int code, struct reason *why)
{
	if (code == -EEXIST) {
		fail(why, code, "program %u is there already", linked_program_id(program_fd));
		reason_hint(why, "load it once more to run it twice");
		return code;
	}
	return fail(why, code, "the kernel refuses program %u here: %s",
		    linked_program_id(program_fd), strerror(-code));
}

int linked_take_event(int *perf_fd, int program_fd, struct hook_attachment *ret, struct reason *why)
{
	struct event event = {.perf_fd = *perf_fd, .program_fd = program_fd};
	const struct linked_try attempt = {create_on_event, is_on_event, &event};
	int link_fd _close_ = linked_create(&attempt);
	int r = link_fd;

	/* EINVAL: no links on events below 5.15, or the program does not fit */
	if (r == -EINVAL)
		r = perf_set_program(*perf_fd, program_fd);
	if (r >= 0)
		r = perf_enable(*perf_fd);
	if (r < 0)
		return refuse_event(program_fd, r, why);
	if (link_fd < 0) {
		ret->is_pinnable = false;
		ret->kernel_id = 0;
		ret->link_fd = take_fd(perf_fd);
		return 0;
	}
	fd_close(perf_fd);
	return linked_take(&link_fd, ret, why);
}

/* A descriptor of the link that the caller owns. */
static int open_link(const struct hook_attachment *at)
{
	int fd;

	if (at->link_fd < 0)
		return bpf_id_open(BPF_OBJECT_LINK, at->kernel_id);
	fd = fcntl(at->link_fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

int linked_replace(const struct hook_place *place, const struct hook_attachment *at,
		   int new_program_fd, int old_program_fd, struct reason *why)
{
	int fd _close_ = open_link(at);
	int r = fd < 0 ? fd : link_update(fd, new_program_fd, old_program_fd);

	(void)place;
	if (r >= 0)
		return 0;
	if (r == -ENOENT || r == -ESTALE)
		return fail(why, -ESTALE,
			    "link %u is gone or runs another program than the one to replace",
			    at->kernel_id);
	if (r == -EINVAL)
		return fail(why, r,
			    "program %u cannot take the place of the other: they differ in type, "
			    "attach type or frags",
			    linked_program_id(new_program_fd));
	return fail(why, r, "cannot replace the program of link %u: %s", at->kernel_id,
		    strerror(-r));
}

int linked_end(const struct hook_attachment *at)
{
	int fd _close_ = open_link(at);

	if (fd == -ENOENT)
		return 0;
	return fd < 0 ? fd : link_detach(fd);
}

int linked_check(const struct hook_place *place, const struct hook_attachment *at,
		 uint32_t program_id, struct reason *why)
{
	unsigned int shape = hook_kind_info(place->hook->kind)->shape;
	struct abi_link_info info;
	struct bpf_prog_info program;
	int fd _close_ = -1;
	int r;

	/* an event without a link tells nothing more than that it is held */
	if (at->kernel_id == 0)
		return at->link_fd >= 0 && bpf_program_info_by_id(program_id, &program) == 0;
	fd = open_link(at);
	if (fd == -ENOENT)
		return 0;
	r = fd < 0 ? fd : info_of(fd, &info);
	if (r < 0)
		return fail(why, r, "cannot ask about link %u: %s", at->kernel_id, strerror(-r));
	/* interface and namespace are 0 when gone or when somebody used BPF_LINK_DETACH */
	return info.prog_id == program_id &&
	       (!(shape & HOOK_ON_NETDEV) || info.netdev.ifindex == place->ifindex) &&
	       (!(shape & HOOK_ON_NETNS) || info.netns.inode != 0);
}

void linked_program_text(uint32_t program_id, char ret[static LINKED_PROGRAM_TEXT])
{
	struct bpf_prog_info info;

	if (bpf_program_info_by_id(program_id, &info) == 0 && info.name[0])
		snprintf(ret, LINKED_PROGRAM_TEXT, "program %u \"%.15s\"", program_id, info.name);
	else
		snprintf(ret, LINKED_PROGRAM_TEXT, "program %u", program_id);
}

uint32_t linked_program_id(int program_fd)
{
	struct bpf_prog_info info;

	return bpf_program_info(program_fd, &info) == 0 ? info.id : 0;
}
