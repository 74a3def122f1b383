/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that dissect packets for the kernel, one a network namespace, by BPF link (5.8). */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/chain.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/link.h"
#include "kernel/netns.h"

/* enum bpf_ret_code of linux/bpf.h, for headers before 6.1. */
#define DISSECTED 0
#define REFUSED	  2
#define CONTINUE  129

/* @code: of the last try. */
struct attaching {
	int program_fd;
	int netns_fd;
	int code;
};

static int open_netns(const struct hook_place *place, struct reason *why)
{
	int fd = place->netns_fd < 0 ? open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
				     : fcntl(place->netns_fd, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? fail(why, -errno, "cannot open the network namespace: %s", strerror(errno))
		      : fd;
}

static int resolve(struct hook_place *place, struct reason *why)
{
	(void)why;
	place->ifindex = 0;
	return 0;
}

static int create(void *arg)
{
	struct attaching *call = arg;

	call->code = link_create_netns(call->program_fd, call->netns_fd, BPF_FLOW_DISSECTOR);
	/* a link has the namespace; it may be ending */
	return call->code == -E2BIG ? -EBUSY : call->code;
}

static int match_link(const struct link_facts *facts, void *arg)
{
	const struct stat *netns = arg;

	return facts->type == BPF_LINK_TYPE_NETNS && facts->attach_type == BPF_FLOW_DISSECTOR &&
	       facts->netns_inode == netns->st_ino;
}

/* Is it had by what will not go away by itself? Only a link does; one of another namespace that is
 * in the way (EEXIST as well) had its grace period. */
static bool is_held(void *arg)
{
	const struct attaching *call = arg;
	struct stat netns;

	return call->code != -E2BIG || fstat(call->netns_fd, &netns) < 0 ||
	       link_walk(match_link, &netns) != 0;
}

static int refuse(const struct attaching *call, int code, struct reason *why)
{
	char program[LINKED_PROGRAM_TEXT];
	uint32_t id = 0;

	link_query_netns(call->netns_fd, BPF_FLOW_DISSECTOR, &id);
	if (id) {
		linked_program_text(id, program);
		fail(why, -EBUSY, "the network namespace already runs %s as its flow dissector",
		     program);
		reason_hint(why, "its owner must end it (bpftool link show, or bpftool net show)");
		return -EBUSY;
	}
	if (code == -EBUSY || code == -EEXIST) {
		fail(why, -EBUSY,
		     "a flow dissector of the first network namespace is for all of them, and it "
		     "cannot be beside those of others");
		reason_hint(why, "end that one, or those of the others, first");
		return -EBUSY;
	}
	return fail(why, code, "cannot attach the flow dissector: %s", strerror(-code));
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	int netns _close_ = open_netns(place, why);
	struct attaching call = {program_fd, netns, 0};
	const struct linked_try attempt = {create, is_held, &call};
	int fd _close_ = netns < 0 ? -1 : linked_create(&attempt);

	(void)options;
	if (netns < 0)
		return netns;
	if (fd < 0)
		return refuse(&call, fd, why);
	return linked_take(&fd, ret, why);
}

static const int32_t own[] = {DISSECTED, REFUSED, CONTINUE};

/* Below 6.1 the kernel takes "continue" for "not dissected", and so does who asked. */
static const struct chain_rules flow_rules = {
	.program_type = BPF_PROG_TYPE_FLOW_DISSECTOR,
	.attach_type = BPF_FLOW_DISSECTOR,
	.context = "__sk_buff",
	.end = CONTINUE,
	.closed = REFUSED,
	.own = own,
	.n_own = array_size(own),
	.counted = own,
	.n_counted = array_size(own),
};

static const struct chain_rules *rules(void)
{
	return &flow_rules;
}

const struct hook_ops hook_flow_dissector = {.resolve = resolve,
					     .attach = attach,
					     .replace = linked_replace,
					     .rules = rules,
					     .check = linked_check,
					     .end = linked_end};
