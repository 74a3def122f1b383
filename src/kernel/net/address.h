/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the interfaces of the current netns. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

/* @text: "192.0.2.1", "2001:db8::1". */
struct address {
	uint32_t ifindex;
	char text[INET6_ADDRSTRLEN];
};

struct address_list {
	struct address *items;
	size_t n;
};

void address_list_done(struct address_list *list);

/* All of IPv4 and IPv6. */
int address_list(struct address_list *ret, struct reason *why);
