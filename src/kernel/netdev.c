/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the questions about interfaces and the default route. */
#include "kernel/netdev.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "kernel/netlink.h"

void netdev_list_done(struct netdev_list *list)
{
	if (!list)
		return;
	free(list->items);
	*list = (struct netdev_list){0};
}

static void read_xdp(const struct nlattr *nest, struct netdev *dev)
{
	struct netlink_attributes xdp;
	uint32_t by_mode;

	netlink_parse_nest(nest, &xdp);
	dev->xdp_attached = netlink_u8(xdp.by_type[IFLA_XDP_ATTACHED]);
	dev->xdp_program_id = netlink_u32(xdp.by_type[IFLA_XDP_PROG_ID]);
	if (dev->xdp_attached != XDP_ATTACHED_MULTI)
		return;
	by_mode = netlink_u32(xdp.by_type[IFLA_XDP_DRV_PROG_ID]);
	dev->xdp_program_id = by_mode ? by_mode : netlink_u32(xdp.by_type[IFLA_XDP_SKB_PROG_ID]);
}

static void read_netdev(const struct nlmsghdr *message, struct netdev *dev)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct netlink_attributes attributes;

	netlink_parse(message, sizeof(*info), &attributes);
	*dev = (struct netdev){.ifindex = (uint32_t)info->ifi_index, .flags = info->ifi_flags};
	strncpy(dev->name, netlink_str(attributes.by_type[IFLA_IFNAME]), sizeof(dev->name) - 1);
	read_xdp(attributes.by_type[IFLA_XDP], dev);
}

static bool is_about(const struct nlmsghdr *message, uint16_t type, size_t fixed_len)
{
	return message->nlmsg_type == type && message->nlmsg_len >= NLMSG_LENGTH(fixed_len);
}

static int add_netdev(const struct nlmsghdr *message, void *arg)
{
	struct netdev_list *list = arg;
	struct netdev *grown;

	if (!is_about(message, RTM_NEWLINK, sizeof(struct ifinfomsg)))
		return 0;
	grown = realloc(list->items, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	read_netdev(message, &grown[list->n++]);
	return 0;
}

int netdev_list(struct netdev_list *ret, struct reason *why)
{
	_cleanup_(netdev_list_done) struct netdev_list list = {0};
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
	int fd _close_ = netlink_open(why);
	struct netlink_request rq;
	int r;

	if (fd < 0)
		return fd;
	netlink_request_init(&rq, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	netlink_put_u32(&rq, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(fd, &rq, add_netdev, &list, why);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct netdev_list){0};
	return 0;
}

static int refuse_name(const char *name, struct reason *why)
{
	_cleanup_(netdev_list_done) struct netdev_list list = {0};
	const char **names _free_ = NULL;
	const char *nearest = NULL;
	int r;

	if (netdev_list(&list, NULL) == 0)
		names = calloc(list.n + 1, sizeof(*names));
	for (size_t i = 0; names && i < list.n; i++)
		names[i] = list.items[i].name;
	if (names)
		nearest = text_nearest(name, names);
	r = fail(why, -ENOENT, "no interface \"%s\" in this network namespace", name);
	if (nearest)
		reason_hint(why, "did you mean \"%s\"", nearest);
	return r;
}

int netdev_find(const char *name, uint32_t *ret_ifindex, struct reason *why)
{
	unsigned int ifindex = if_nametoindex(name);

	if (ifindex == 0)
		return refuse_name(name, why);
	*ret_ifindex = ifindex;
	return 0;
}

static int take_netdev(const struct nlmsghdr *message, void *arg)
{
	if (is_about(message, RTM_NEWLINK, sizeof(struct ifinfomsg)))
		read_netdev(message, arg);
	return 0;
}

int netdev_get(uint32_t ifindex, struct netdev *ret, struct reason *why)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	int fd _close_ = netlink_open(why);
	struct netlink_request rq;
	struct netdev dev = {0};
	int r;

	if (fd < 0)
		return fd;
	netlink_request_init(&rq, RTM_GETLINK, 0, &info, sizeof(info));
	netlink_put_u32(&rq, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(fd, &rq, take_netdev, &dev, NULL);
	if (r == 0 && dev.ifindex == 0)
		r = -ENODEV;
	if (r < 0)
		return fail(why, r, "cannot ask about interface %u: %s", ifindex, strerror(-r));
	*ret = dev;
	return 0;
}

struct route {
	uint32_t ifindex;
	uint32_t metric;
};

/* Of several next hops the first counts. */
static uint32_t first_hop(const struct nlattr *multipath)
{
	struct rtnexthop first;
	size_t len;
	const void *bytes = netlink_bytes(multipath, &len);

	if (len < sizeof(first))
		return 0;
	memcpy(&first, bytes, sizeof(first));
	return (uint32_t)first.rtnh_ifindex;
}

/* Main table, unicast, no prefix: the route of everything else. */
static int take_default(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *rtm = NLMSG_DATA(message);
	struct netlink_attributes attributes;
	struct route *best = arg, route;

	if (!is_about(message, RTM_NEWROUTE, sizeof(*rtm)) || rtm->rtm_dst_len != 0 ||
	    rtm->rtm_type != RTN_UNICAST || rtm->rtm_table != RT_TABLE_MAIN)
		return 0;
	netlink_parse(message, sizeof(*rtm), &attributes);
	route.ifindex = netlink_u32(attributes.by_type[RTA_OIF]);
	route.metric = netlink_u32(attributes.by_type[RTA_PRIORITY]);
	if (!route.ifindex)
		route.ifindex = first_hop(attributes.by_type[RTA_MULTIPATH]);
	if (route.ifindex && (!best->ifindex || route.metric < best->metric))
		*best = route;
	return 0;
}

int netdev_of_default_route(struct netdev *ret, struct reason *why)
{
	static const unsigned char families[] = {AF_INET, AF_INET6};
	int fd _close_ = netlink_open(why);
	int r;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < array_size(families); i++) {
		struct rtmsg rtm = {.rtm_family = families[i], .rtm_table = RT_TABLE_MAIN};
		struct netlink_request rq;
		struct route best = {0};

		netlink_request_init(&rq, RTM_GETROUTE, NLM_F_DUMP, &rtm, sizeof(rtm));
		r = netlink_talk(fd, &rq, take_default, &best, why);
		if (r < 0)
			return r;
		if (best.ifindex)
			return netdev_get(best.ifindex, ret, why);
	}
	r = fail(why, -ENOENT, "no primary interface: there is no default route");
	reason_hint(why, "name the interface in place of the primary node interface");
	return r;
}

static int set_xdp(uint32_t ifindex, int program_fd, int expected_fd, uint32_t flags,
		   struct reason *why)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	int fd _close_ = netlink_open(why);
	struct netlink_request rq;
	size_t xdp;

	if (fd < 0)
		return fd;
	netlink_request_init(&rq, RTM_SETLINK, 0, &info, sizeof(info));
	xdp = netlink_nest_begin(&rq, IFLA_XDP);
	netlink_put_u32(&rq, IFLA_XDP_FD, (uint32_t)program_fd);
	if (expected_fd >= 0)
		netlink_put_u32(&rq, IFLA_XDP_EXPECTED_FD, (uint32_t)expected_fd);
	netlink_put_u32(&rq, IFLA_XDP_FLAGS, flags);
	netlink_nest_end(&rq, xdp);
	return netlink_talk(fd, &rq, NULL, NULL, why);
}

bool netdev_xdp_is_linked(uint32_t ifindex, uint8_t attached, int program_fd)
{
	uint32_t mode = attached == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;

	/* EBUSY: a link; EEXIST: another program than expected */
	return set_xdp(ifindex, -1, program_fd, mode | XDP_FLAGS_REPLACE, NULL) == -EBUSY;
}

int netdev_xdp_set(uint32_t ifindex, int program_fd, int expected_fd, uint32_t mode,
		   struct reason *why)
{
	uint32_t how = expected_fd < 0 ? XDP_FLAGS_UPDATE_IF_NOEXIST : XDP_FLAGS_REPLACE;

	return set_xdp(ifindex, program_fd, expected_fd, mode | how, why);
}
