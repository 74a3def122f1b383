/* SPDX-License-Identifier: Apache-2.0 */
/* What runs where, ours and foreign. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hooks/xdp_mode.h"
#include "model/hook.h"

struct reason;

/* One program found on a hook, ours or not; strings are owned. */
struct hook_seen {
	struct hook hook;
	uint32_t position;
	uint32_t program_id;
	uint32_t kernel_link_id;
	uint32_t priority;
	uint32_t tc_handle;
	uint32_t tc_priority; /* the filter's, as hook_attachment has it */
	enum xdp_mode mode;
	char filter[16];     /* tc: kind of a filter that is no program ("flower"): .program_id 0 */
	uint32_t proceed_on; /* with "libxdp": verdicts with which the next one runs */
	const char *attached_by; /* "link", "netlink", "libxdp", "perf event", "program" */
};

struct hook_seen_list {
	struct hook_seen *items;
	size_t n;
};

void hook_seen_list_done(struct hook_seen_list *list);
/* Takes over *item. Return: 0 or -ENOMEM (item freed). */
int hook_seen_list_add_adopt(struct hook_seen_list *list, struct hook_seen *item);

/**
 * hook_observe() - every program on every hook we know, ours or not (unseen: docs/HOOKS.md).
 * @netns_fd: where to look at interfaces; -1: the own netns, and only then the hooks of no netns.
 * @netns:    how that netns is named in the result; NULL: own.
 */
int hook_observe(int netns_fd, const char *netns, struct hook_seen_list *ret, struct reason *why);
