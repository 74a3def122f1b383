/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices of the current netns: names, XDP programs, the default route. Switch with
 * netns_run(). */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

/**
 * struct netdev - one interface.
 * @xdp_attached: XDP_ATTACHED_NONE, _DRV, _SKB, _HW or _MULTI (linux/if_link.h).
 * @xdp_program_id: in the mode of @xdp_attached; _MULTI: the driver's, else the generic one.
 */
struct netdev {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint32_t flags; /* IFF_… */
	uint8_t xdp_attached;
	uint32_t xdp_program_id;
};

struct netdev_list {
	struct netdev *items;
	size_t n;
};

void netdev_list_done(struct netdev_list *list);

/* All interfaces with their XDP state. */
int netdev_list(struct netdev_list *ret, struct reason *why);

/* -ENOENT: names the interface and the nearest one there is. */
int netdev_find(const char *name, uint32_t *ret_ifindex, struct reason *why);

/* One interface with its XDP state. -ENODEV: gone. */
int netdev_get(uint32_t ifindex, struct netdev *ret, struct reason *why);

/* The interface of the default route with the lowest metric: IPv4, else IPv6. -ENOENT: none. */
int netdev_of_default_route(struct netdev *ret, struct reason *why);

/**
 * netdev_xdp_is_linked() - is the XDP program there held by a link, even by one that is ending?
 * @attached:   as netdev_get() told.
 * @program_fd: any XDP program that is not the one there.
 *
 * Asks to detach that one in place of the real one, which the kernel refuses, and tells by the
 * error why. Changes nothing.
 */
bool netdev_xdp_is_linked(uint32_t ifindex, uint8_t attached, int program_fd);

/**
 * netdev_xdp_set() - attach, replace or detach an XDP program by netlink, without a link (5.7).
 * @program_fd: -1: detach. @expected_fd: what must be there now; -1: nothing.
 * @mode:       XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE; when something is there: its mode.
 *
 * Return: 0, -EEXIST (something else than expected), -EBUSY (a program where none was expected, or
 * one that a link holds), -EOPNOTSUPP (no such mode), -EINVAL and others of the driver.
 */
int netdev_xdp_set(uint32_t ifindex, int program_fd, int expected_fd, uint32_t mode,
		   struct reason *why);
