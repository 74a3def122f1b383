/* SPDX-License-Identifier: Apache-2.0 */
/* A link, and the chain that it may be a member of, as the daemon records them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/hook.h"
#include "model/labels.h"
#include "model/uuid.h"

/**
 * struct link - one program on one hook.
 * @id:        ours, never reused; the pin's name.
 * @kernel_id: 0 where the kernel has no link object.
 * @netns_ino: of the hook's network namespace, for finding it again.
 * @is_kept:   cannot be pinned: its descriptor is kept by the keeper or systemd.
 * @chain:     of the chain that it is a member of, 0: none (struct chain_row). Then .kernel_id and
 * the like are the chain's.
 * @is_called: wants to be a function of its own in the chain. @is_counted: wants statistics.
 * @slot:      of its counters, while it is counted.
 * @segment, @is_function: where the linker put it: in which program of the chain (from 0), and
 *             whether as a function of its own.
 * @ext_id:    in libxdp's dispatcher: its freplace program, 0: it has none.
 */
struct link {
	uint32_t id;
	char uuid[UUID_TEXT_SIZE];
	char program[UUID_TEXT_SIZE];
	char *program_name;  /* filled by the store */
	uint32_t program_id; /* filled by the store */
	char *hook;
	enum hook_kind kind;
	uint32_t priority;
	uint32_t proceed_on;
	char *mode;
	uint32_t kernel_id;
	uint32_t ifindex;
	uint32_t tc_handle;
	uint32_t tc_priority;
	uint64_t netns_ino;
	bool is_kept;
	uint32_t chain;
	bool is_called;
	bool is_counted;
	uint32_t slot;
	uint32_t segment;
	bool is_function;
	uint32_t ext_id;
	char *config;
	uid_t owner_uid;
	struct labels labels;
	uint64_t attached_at;
};

/**
 * struct chain - what is attached for the members of a hook that takes one program.
 * @id:         ours, never reused; with @revision in the names of its pins.
 * @mode, @why: how the members run and why so, as the linker chose.
 * @xdp_mode:   xdp: native, skb, offload, or libxdp: our members are in libxdp's dispatcher.
 * @program_id: of the program that is attached.
 * @priority:   the lowest of its members: its place among tcx programs.
 * @next_slot:  of the statistics map: the first one that was never used; 0: no map.
 */
struct chain {
	uint32_t id;
	uint32_t revision;
	char *hook;
	enum hook_kind kind;
	char *mode;
	char *why;
	char *xdp_mode;
	uint32_t n_segments;
	uint32_t program_id;
	uint32_t kernel_id;
	uint32_t ifindex;
	uint32_t tc_handle;
	uint32_t tc_priority;
	uint64_t netns_ino;
	uint32_t priority;
	uint32_t next_slot;
};

struct link_list {
	struct link *items;
	size_t n;
};

struct chain_list {
	struct chain *items;
	size_t n;
};

void link_done(struct link *link);
void chain_done(struct chain *chain);
void link_list_done(struct link_list *list);
void chain_list_done(struct chain_list *list);

/* Deep copies. Return: 0 or -ENOMEM (then *ret is empty). */
int link_copy(const struct link *from, struct link *ret);
int chain_copy(const struct chain *from, struct chain *ret);
