/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the question for addresses. */
#include "kernel/net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/netlink.h"

void address_list_done(struct address_list *list)
{
	free(list->items);
	*list = (struct address_list){0};
}

/* On a point-to-point interface IFA_ADDRESS is the other end. */
static int add_address(const struct nlmsghdr *message, void *arg)
{
	const struct ifaddrmsg *info = NLMSG_DATA(message);
	struct address_list *list = arg;
	struct netlink_attributes attributes;
	const struct nlattr *attribute;
	struct address *added;
	const void *bytes;
	size_t len;

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return 0;
	netlink_parse(message, sizeof(*info), &attributes);
	attribute = attributes.by_type[IFA_LOCAL] ? attributes.by_type[IFA_LOCAL]
						  : attributes.by_type[IFA_ADDRESS];
	bytes = netlink_bytes(attribute, &len);
	if (len != (info->ifa_family == AF_INET ? 4 : 16))
		return 0;
	added = array_add((void **)&list->items, &list->n, sizeof(*added));
	if (!added)
		return -ENOMEM;
	added->ifindex = info->ifa_index;
	inet_ntop(info->ifa_family, bytes, added->text, sizeof(added->text));
	return 0;
}

int address_list(struct address_list *ret, struct reason *why)
{
	_cleanup_(address_list_done) struct address_list list = {0};
	struct ifaddrmsg info = {.ifa_family = AF_UNSPEC};
	int fd _close_ = netlink_open(why);
	struct netlink_request rq;
	int r;

	if (fd < 0)
		return fd;
	netlink_request_init(&rq, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	r = netlink_talk(fd, &rq, add_address, &list, why);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct address_list){0};
	return 0;
}
