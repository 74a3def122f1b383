/* SPDX-License-Identifier: Apache-2.0 */
/* BPF classifiers with direct action on the clsact qdisc, in the current netns (4.5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/hook.h"

struct reason;

#define CLSACT_NAME_MAX 64

/**
 * struct clsact_filter - one cls_bpf filter.
 * @pref: lower runs first, 1..65535. @handle: within @pref; 0 on add: the kernel chooses.
 * @kind: "bpf"; others are listed with program id 0.
 */
struct clsact_filter {
	uint32_t ifindex;
	enum hook_direction direction;
	uint32_t pref;
	uint32_t handle;
	uint32_t program_id;
	bool is_direct_action;
	char kind[16];
	char name[CLSACT_NAME_MAX];
};

struct clsact_list {
	struct clsact_filter *items;
	size_t n;
};

void clsact_list_done(struct clsact_list *list);

/* Make sure that the device has a clsact qdisc. Return: 1 (made), 0 (was there), -EBUSY (an ingress
 * qdisc excludes it and @direction is egress), -errno. */
int clsact_make(uint32_t ifindex, enum hook_direction direction, struct reason *why);

/* Remove the clsact qdisc if it has no filter at all. Return: 1 (removed), 0 (still used, or none),
 * -errno. */
int clsact_remove_if_empty(uint32_t ifindex, struct reason *why);

/* Add, never replacing another's; fills @filter->handle and ->pref. -EEXIST: the handle is taken.
 */
int clsact_add(struct clsact_filter *filter, int program_fd, struct reason *why);

/* Replace the program of the filter with this pref and handle, in place. -ENOENT: it is gone. */
int clsact_replace(const struct clsact_filter *filter, int program_fd, struct reason *why);

/* Delete the filter with this pref and handle. -ENOENT: it is gone. */
int clsact_delete(const struct clsact_filter *filter, struct reason *why);

/* Read one back by device, direction, pref and handle. -ENOENT. */
int clsact_get(struct clsact_filter *filter, struct reason *why);

/* All filters on all clsact and ingress qdiscs of the netns, in the order in which they run. */
int clsact_list(struct clsact_list *ret, struct reason *why);
