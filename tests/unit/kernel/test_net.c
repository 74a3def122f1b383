/* SPDX-License-Identifier: Apache-2.0 */
/* rtnetlink messages, interfaces, the default route, network namespaces. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/netdev.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int is_skipped;

static void attributes_come_back_as_they_were_put(void **state)
{
	struct ifinfomsg info = {.ifi_index = 7};
	struct netlink_attributes attributes, inner;
	struct netlink_request rq;
	size_t nest;

	(void)state;
	netlink_request_init(&rq, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put_str(&rq, 3, "stage");
	nest = netlink_nest_begin(&rq, 5);
	netlink_put_u32(&rq, 1, 0xdeadbeef);
	netlink_put(&rq, 2, "x", 1);
	netlink_nest_end(&rq, nest);
	netlink_parse(&rq.header, sizeof(info), &attributes);
	assert_string_equal(netlink_str(attributes.by_type[3]), "stage");
	netlink_parse_nest(attributes.by_type[5], &inner);
	assert_int_equal(netlink_u32(inner.by_type[1]), 0xdeadbeef);
	assert_int_equal(netlink_u8(inner.by_type[2]), 'x');
	/* absent, too short, or without its end */
	assert_int_equal(netlink_u32(inner.by_type[2]), 0);
	assert_string_equal(netlink_str(inner.by_type[2]), "");
	assert_string_equal(netlink_str(NULL), "");
}

static void a_lying_length_ends_the_parsing(void **state)
{
	struct ifinfomsg info = {0};
	struct netlink_attributes attributes;
	struct netlink_request rq;
	uint16_t lie = 4000;

	(void)state;
	netlink_request_init(&rq, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put_u32(&rq, 1, 1);
	netlink_put_u32(&rq, 2, 2);
	memcpy(rq.bytes + NLMSG_HDRLEN + sizeof(info) + 8, &lie, sizeof(lie));
	netlink_parse(&rq.header, sizeof(info), &attributes);
	assert_int_equal(netlink_u32(attributes.by_type[1]), 1);
	assert_null(attributes.by_type[2]);
}

static void a_request_that_is_too_long_is_refused(void **state)
{
	struct ifinfomsg info = {0};
	int fd _close_ = netlink_open(NULL);
	unsigned char much[NETLINK_REQUEST_MAX] = {0};
	struct netlink_request rq;

	(void)state;
	netlink_request_init(&rq, RTM_NEWLINK, 0, &info, sizeof(info));
	netlink_put(&rq, 1, much, sizeof(much));
	assert_int_equal(netlink_talk(fd, &rq, NULL, NULL, NULL), -EMSGSIZE);
}

static void interfaces_are_found_and_missed(void **state)
{
	_cleanup_(netdev_list_done) struct netdev_list list = {0};
	struct reason why _reason_ = {0};
	struct netdev dev;
	uint32_t ifindex;

	(void)state;
	assert_int_equal(netdev_find("lo", &ifindex, NULL), 0);
	assert_int_equal(netdev_get(ifindex, &dev, NULL), 0);
	assert_string_equal(dev.name, "lo");
	assert_int_equal(netdev_list(&list, NULL), 0);
	assert_true(list.n >= 1);
	assert_int_equal(netdev_find("l0", &ifindex, &why), -ENOENT);
	assert_string_equal(why.hint, "did you mean \"lo\"");
	assert_int_equal(netdev_get(0x7ffffff0, &dev, NULL), -ENODEV);
}

static int add_default_route(int family, uint32_t ifindex, uint32_t metric)
{
	struct rtmsg rtm = {.rtm_family = (unsigned char)family,
			    .rtm_table = RT_TABLE_MAIN,
			    .rtm_protocol = RTPROT_STATIC,
			    .rtm_scope = RT_SCOPE_LINK,
			    .rtm_type = RTN_UNICAST};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;

	netlink_request_init(&rq, RTM_NEWROUTE, NLM_F_CREATE, &rtm, sizeof(rtm));
	netlink_put_u32(&rq, RTA_OIF, ifindex);
	netlink_put_u32(&rq, RTA_PRIORITY, metric);
	return netlink_talk(fd, &rq, NULL, NULL, NULL);
}

static int add_dummy(const char *name)
{
	struct ifinfomsg info = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;
	size_t nest;

	netlink_request_init(&rq, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	netlink_put_str(&rq, IFLA_IFNAME, name);
	nest = netlink_nest_begin(&rq, IFLA_LINKINFO);
	netlink_put_str(&rq, IFLA_INFO_KIND, "veth");
	netlink_nest_end(&rq, nest);
	return netlink_talk(fd, &rq, NULL, NULL, NULL);
}

static void the_primary_interface_has_the_default_route(void **state)
{
	struct reason why _reason_ = {0};
	uint32_t near, far;
	struct netdev dev;

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(netdev_of_default_route(&dev, &why), -ENOENT);
	assert_non_null(strstr(why.text, "no default route"));
	assert_int_equal(add_dummy("far"), 0);
	assert_int_equal(add_dummy("near"), 0);
	assert_int_equal(netdev_find("far", &far, NULL), 0);
	assert_int_equal(netdev_find("near", &near, NULL), 0);
	if (add_default_route(AF_INET6, far, 100) == 0) {
		assert_int_equal(netdev_of_default_route(&dev, NULL), 0);
		assert_string_equal(dev.name, "far");
	}
	assert_int_equal(add_default_route(AF_INET, far, 200), 0);
	assert_int_equal(add_default_route(AF_INET, near, 100), 0);
	assert_int_equal(netdev_of_default_route(&dev, NULL), 0);
	assert_string_equal(dev.name, "near");
}

static uint64_t inode_of_netns(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) == 0 ? st.st_ino : 0;
}

static int tell_inode(void *arg)
{
	*(uint64_t *)arg = inode_of_netns();
	return 42;
}

static void another_netns_is_visited_and_left(void **state)
{
	int other _close_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	uint64_t inside = 0, there, here;

	(void)state;
	if (is_skipped)
		skip();
	there = inode_of_netns();
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	here = inode_of_netns();
	assert_int_equal(netns_run(other, tell_inode, &inside, NULL), 42);
	assert_int_equal(inside, there);
	assert_int_equal(inode_of_netns(), here);
	assert_int_equal(netns_run(-1, tell_inode, &inside, NULL), 42);
	assert_int_equal(inside, here);
}

/* The path may be a client's, and the daemon is root: opening a device can act on it. */
static void what_is_no_netns_is_not_even_opened(void **state)
{
	char path[] = "/tmp/bpfd-netns.XXXXXX", event[256];
	int file _close_ = mkostemp(path, O_CLOEXEC);
	int watch _close_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	(void)state;
	assert_true(file >= 0 && inotify_add_watch(watch, path, IN_OPEN) >= 0);
	assert_int_equal(netns_open(path, NULL), -EINVAL);
	assert_int_equal(read(watch, event, sizeof(event)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(unlink(path), 0);
}

static void what_is_no_netns_is_refused(void **state)
{
	struct reason why _reason_ = {0};
	int null _close_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char **names = NULL;
	uint64_t inode;
	int fd _close_ = netns_open("/proc/self/ns/net", NULL);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(netns_open("/proc/self/ns/mnt", &why), -EINVAL);
	assert_int_equal(netns_open("/dev/null", NULL), -EINVAL);
	assert_int_equal(netns_open("/run/netns-that-is-not/x", NULL), -ENOENT);
	assert_true(netns_run(null, tell_inode, &inode, NULL) < 0);
	assert_int_equal(netns_names(&names, NULL), 0);
	netns_names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_come_back_as_they_were_put),
		cmocka_unit_test(a_lying_length_ends_the_parsing),
		cmocka_unit_test(a_request_that_is_too_long_is_refused),
		cmocka_unit_test(interfaces_are_found_and_missed),
		cmocka_unit_test(the_primary_interface_has_the_default_route),
		cmocka_unit_test(another_netns_is_visited_and_left),
		cmocka_unit_test(what_is_no_netns_is_refused),
		cmocka_unit_test(what_is_no_netns_is_not_even_opened),
	};

	is_skipped = geteuid() != 0 || unshare(CLONE_NEWNET) < 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
