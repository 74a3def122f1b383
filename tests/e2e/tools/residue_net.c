// SPDX-License-Identifier: Apache-2.0
/* Attachments that no BPF link stands for: XDP programs by netlink, clsact queueing disciplines. */
#include "residue.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int residue_interfaces(void)
{
	struct if_nameindex *all = if_nameindex();

	for (size_t i = 0; all != NULL && all[i].if_index != 0; i++)
		printf("interface %s\n", all[i].if_name);
	if_freenameindex(all);
	return 0;
}

static const struct rtattr *find_attr(const struct rtattr *a, size_t len, unsigned int type)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
	return NULL;
}

static void print_link(const char *netns, const struct nlmsghdr *h)
{
	const struct ifinfomsg *link = NLMSG_DATA(h);
	const struct rtattr *xdp = find_attr(IFLA_RTA(link), IFLA_PAYLOAD(h), IFLA_XDP);

	if (xdp == NULL)
		return;
	const struct rtattr *mode = find_attr(RTA_DATA(xdp), RTA_PAYLOAD(xdp), IFLA_XDP_ATTACHED);

	if (mode != NULL && *(const uint8_t *)RTA_DATA(mode) != XDP_ATTACHED_NONE)
		printf("xdp %s %d\n", netns, link->ifi_index);
}

static void print_qdisc(const char *netns, const struct nlmsghdr *h)
{
	const struct tcmsg *tc = NLMSG_DATA(h);
	const struct rtattr *kind = find_attr(TCA_RTA(tc), TCA_PAYLOAD(h), TCA_KIND);

	if (kind != NULL && strcmp(RTA_DATA(kind), "clsact") == 0)
		printf("clsact %s %d\n", netns, tc->tcm_ifindex);
}

/* Ask for a dump of @type (RTM_GETLINK, RTM_GETQDISC) and print each answer. */
static int dump(const char *netns, int type)
{
	static char buf[1 << 16];
	const size_t body = type == RTM_GETLINK ? sizeof(struct ifinfomsg) : sizeof(struct tcmsg);
	struct {
		struct nlmsghdr h;
		struct tcmsg body; /* zeroes: all interfaces; the longer of the two */
	} ask = {.h = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(body),
		       .nlmsg_type = (uint16_t)type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	ssize_t n = send(fd, &ask, ask.h.nlmsg_len, 0);

	for (int more = n > 0; more && (n = recv(fd, buf, sizeof buf, 0)) > 0;) {
		size_t len = (size_t)n;

		for (struct nlmsghdr *h = (struct nlmsghdr *)buf; NLMSG_OK(h, len);
		     h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
				more = 0;
			else if (h->nlmsg_type == RTM_NEWLINK)
				print_link(netns, h);
			else if (h->nlmsg_type == RTM_NEWQDISC)
				print_qdisc(netns, h);
		}
	}
	close(fd);
	return n < 0 ? -EIO : 0;
}

static int dump_both(const char *netns)
{
	const int r = dump(netns, RTM_GETLINK);

	return r < 0 ? r : dump(netns, RTM_GETQDISC);
}

int residue_attached(void)
{
	glob_t found = {0};
	int r = dump_both("self");
	const int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	glob("/run/netns/*", 0, NULL, &found);
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
		const int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		/* A name without its namespace is listed as a file. */
		if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0)
			r = dump_both(found.gl_pathv[i]);
		if (fd >= 0)
			close(fd);
	}
	globfree(&found);
	if (self >= 0) {
		(void)!setns(self, CLONE_NEWNET);
		close(self);
	}
	return r;
}
