/* SPDX-License-Identifier: Apache-2.0 */
/* The interfaces of a network namespace with their addresses. */
#pragma once

#include <stdint.h>

#include "kernel/net/address.h"
#include "kernel/netdev.h"

struct reason;

/* @default_ifindex: of the default route; 0: there is none. */
struct interfaces {
	struct netdev_list devices;
	struct address_list addresses;
	uint32_t default_ifindex;
};

void interfaces_done(struct interfaces *interfaces);

/* @netns_fd: -1: our own. The devices in the order of their names. */
int observe_interfaces(int netns_fd, struct interfaces *ret, struct reason *why);
