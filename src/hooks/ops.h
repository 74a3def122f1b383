/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of a hook kind: a file here, a row in model/hook_kinds.def, an e2e test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks/xdp_mode.h"
#include "model/hook.h"

struct chain_rules;
struct reason;

/**
 * struct hook_place - a hook made concrete for the kernel by the daemon before attaching.
 * @hook:      borrowed.
 * @netns_fd:  network namespace opened as the client, -1: the daemon's own.
 * @netns_ino: inode of @netns_fd, by which the namespace is known again; 0: own.
 * @ifindex:   filled by resolve() for kinds on a netdev.
 * @binary_fd: uprobe: the binary opened as the client; -1 otherwise.
 * @offset:    uprobe: file offset (symbol resolved and added).
 * @event_id:  tracepoint: filled by resolve(); 0: attach() looks itself.
 * @events_fd: tracepoint: tracefs_open() of the daemon, borrowed; 0 or -1: opened for each call.
 */
struct hook_place {
	const struct hook *hook;
	int netns_fd;
	uint64_t netns_ino;
	uint32_t ifindex;
	int binary_fd;
	uint64_t offset;
	uint64_t event_id;
	int events_fd;
};

/**
 * struct hook_attachment - what attach() made and detach() ends.
 * @link_fd:   bpf link (to be pinned), or the perf event fd where links cannot be pinned
 * (@is_pinnable false), or -1 (tc on clsact: the filter below).
 * @kernel_id: kernel link id, 0 if there is none. @mode: xdp: the mode that was used.
 * @tc_handle, @tc_priority: the cls_bpf filter.
 */
struct hook_attachment {
	int link_fd;
	bool is_pinnable;
	uint32_t kernel_id;
	enum xdp_mode mode;
	uint32_t tc_handle;
	uint32_t tc_priority;
};

struct hook_attach_options {
	uint32_t priority;
	enum xdp_mode mode;
	uint32_t after_program_id;  /* tcx: our member on this hook that must run before, 0: none */
	uint32_t before_program_id; /* tcx: the one that must run behind; the stronger wish */
};

struct hook_ops {
	/* Find the interface …: -ENOENT names it and the nearest there is; -EOPNOTSUPP. */
	int (*resolve)(struct hook_place *place, struct reason *why);

	/* -EBUSY names the foreign program; -EOPNOTSUPP says the minimum; -EEXIST; -ENODEV. */
	int (*attach)(const struct hook_place *place, int program_fd,
		      const struct hook_attach_options *options, struct hook_attachment *ret,
		      struct reason *why);

	/* Replace atomically; NULL where the kernel cannot. -ESTALE: somebody changed it. */
	int (*replace)(const struct hook_place *place, const struct hook_attachment *at,
		       int new_program_fd, int old_program_fd, struct reason *why);

	/* End what has no link object (tc: our filter; a missing one is success), else NULL. */
	int (*detach)(const struct hook_place *place, const struct hook_attachment *at,
		      uint32_t program_id, struct reason *why);

	/* What codes mean here; for kinds with HOOK_IS_CHAINED, else NULL. */
	const struct chain_rules *(*rules)(void);

	/* Is it still there and running @program_id? 1, 0, or -errno. */
	int (*check)(const struct hook_place *place, const struct hook_attachment *at,
		     uint32_t program_id, struct reason *why);

	/* End the link now (waits 4 to 20 ms; the last unlink alone ends it as much later). No
	 * undo; the unlink still follows. NULL: the kernel cannot (tracing). */
	int (*end)(const struct hook_attachment *at);
};

/* The methods of a kind; never NULL for a valid kind. */
const struct hook_ops *hook_ops(enum hook_kind kind);
