/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the stage of the tests on the real kernel. */
#include "stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/netlink.h"

#define PINS "/tmp"

const char *stage_pins(void)
{
	return PINS;
}

static int make_pair(void)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;
	size_t link, data, peer;

	netlink_request_init(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	netlink_put_str(&rq, IFLA_IFNAME, STAGE_DEV);
	link = netlink_nest_begin(&rq, IFLA_LINKINFO);
	netlink_put_str(&rq, IFLA_INFO_KIND, "veth");
	data = netlink_nest_begin(&rq, IFLA_INFO_DATA);
	/* the peer's nest begins with a structure, then its attributes */
	peer = rq.header.nlmsg_len;
	netlink_put(&rq, VETH_INFO_PEER, &info, sizeof(info));
	netlink_put_str(&rq, IFLA_IFNAME, STAGE_PEER);
	netlink_nest_end(&rq, peer);
	netlink_nest_end(&rq, data);
	netlink_nest_end(&rq, link);
	return fd < 0 ? fd : netlink_talk(fd, &rq, NULL, NULL, NULL);
}

static int set_up(const char *name)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
				 .ifi_index = (int)if_nametoindex(name),
				 .ifi_flags = IFF_UP,
				 .ifi_change = IFF_UP};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;

	netlink_request_init(&rq, RTM_NEWLINK, 0, &info, sizeof(info));
	return fd < 0 ? fd : netlink_talk(fd, &rq, NULL, NULL, NULL);
}

/* Neighbour discovery would be counted with our frames. */
static void be_quiet(void)
{
	int fd _close_ = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) != 1)
		abort();
}

int stage_open(void)
{
	int r;

	if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		return 1;
	/* private: nothing of it is seen outside, and all ends with the process */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	be_quiet();
	/* below 5.11 maps and programs count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	r = bpffs_mount(PINS, 0700, NULL);
	if (r == 0)
		r = make_pair();
	if (r == 0)
		r = set_up(STAGE_DEV);
	return r < 0 ? r : set_up(STAGE_PEER);
}

static uint32_t attach_type_of(uint32_t type)
{
	if (type == BPF_PROG_TYPE_FLOW_DISSECTOR)
		return BPF_FLOW_DISSECTOR;
	return type == BPF_PROG_TYPE_XDP ? BPF_XDP : 0;
}

int stage_program_load(struct stage_program *ret, uint32_t type, int verdict)
{
	const struct bpf_map_spec map = {.type = BPF_MAP_TYPE_ARRAY,
					 .key_size = 4,
					 .value_size = 8,
					 .max_entries = 1,
					 .name = "count"};
	int map_fd _close_ = bpf_map_make(&map);
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_VALUE,
		 .imm = map_fd},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_REG_2,
		 .imm = BPF_ADD},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_program_spec spec = {.type = type,
					      .expected_attach_type = attach_type_of(type),
					      .insns = insns,
					      .n_insns = array_size(insns),
					      .license = "GPL",
					      .name = "stage"};
	struct bpf_prog_info info;
	int fd _close_ = -1;
	int r;

	if (map_fd < 0)
		return map_fd;
	fd = bpf_program_load(&spec);
	if (fd < 0)
		return fd;
	r = bpf_program_info(fd, &info);
	if (r < 0)
		return r;
	ret->id = info.id;
	ret->fd = take_fd(&fd);
	ret->map_fd = take_fd(&map_fd);
	return 0;
}

void stage_program_done(struct stage_program *program)
{
	if (program->fd > 0)
		close(program->fd);
	if (program->map_fd > 0)
		close(program->map_fd);
	*program = (struct stage_program){0};
}

uint64_t stage_count(const struct stage_program *program)
{
	uint32_t key = 0;
	uint64_t value = 0;

	return bpf_map_lookup(program->map_fd, &key, &value) < 0 ? UINT64_MAX : value;
}

void stage_send(const char *ifname, int n)
{
	unsigned char frame[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
				   0,	 0,    0,    0,	   1,	 0x88, 0xb5};
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(ifname),
				 .sll_halen = 6};
	int fd _close_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	for (int i = 0; i < n; i++)
		if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			abort();
	/* the other end of a veth is served by a soft interrupt, native xdp by a poll */
	usleep(20000);
}

int stage_place(const char *text, struct hook_place *ret, struct reason *why)
{
	struct hook *hook = calloc(1, sizeof(*hook));
	int r = hook_parse(text, hook, why);

	if (r < 0) {
		free(hook);
		return r;
	}
	*ret = (struct hook_place){.hook = hook, .netns_fd = -1, .binary_fd = -1};
	r = hook_ops(hook->kind)->resolve(ret, why);
	if (r < 0)
		stage_place_done(ret);
	return r;
}

void stage_place_done(struct hook_place *place)
{
	struct hook *hook = (struct hook *)(uintptr_t)place->hook;

	hook_done(hook);
	free(hook);
	place->hook = NULL;
}

bool stage_sees(const char *text, uint32_t id, struct hook_seen *ret)
{
	_cleanup_(hook_seen_list_done) struct hook_seen_list list = {0};

	if (hook_observe(-1, NULL, &list, NULL) < 0)
		abort();
	for (size_t i = 0; i < list.n; i++) {
		char *seen _free_ = hook_format(&list.items[i].hook);

		if (list.items[i].program_id != id || strcmp(seen, text) != 0)
			continue;
		*ret = list.items[i];
		ret->hook = (struct hook){0};
		return true;
	}
	return false;
}
