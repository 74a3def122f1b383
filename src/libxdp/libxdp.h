/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several XDP programs on one interface by libxdp's protocol, version 2, so that xdp-loader and we
 * see and keep each other's programs (docs/LIBXDP.md). Of our own: no code of libxdp is used.
 *
 * All functions work in the network namespace of the calling thread (netns_run()) and on the bpffs
 * that all tools share: $LIBXDP_BPFFS, else /sys/fs/bpf.
 */
#pragma once

#include "libxdp/seen.h"
#include "model/instructions.h"

struct reason;

#define LIBXDP_PRIORITY_MAX 1000
#define LIBXDP_PRIORITY	    50	      /* libxdp's default */
#define LIBXDP_ACTIONS	    0x1fu     /* bit c: XDP code c, 0 (aborted) to 4 (redirect) */
#define LIBXDP_ACTIONS_PASS (1u << 2) /* libxdp's default */

/**
 * libxdp_is_possible() - does this kernel replace functions of a loaded program (freplace, 5.10)?
 *
 * Tries it with a dispatcher and a program of its own, attached to nothing. False: @why has the
 * reason for people, its hint the other modes.
 */
bool libxdp_is_possible(struct reason *why);

/**
 * struct libxdp_member - one program of ours.
 * @name:      of the function, which xdp-loader status shows.
 * @priority:  0 to LIBXDP_PRIORITY_MAX. @actions: of LIBXDP_ACTIONS; bit 31
 * (dispatcher_return) is always among them, whether it is given or not.
 * @loaded_id: its EXT program from an earlier change: taken over while it is on the interface, else
 *             loaded again from @code; 0: none.
 * @code, @btf: as loaded as an XDP program; NULL @btf: none. @code may be NULL with @loaded_id.
 * @map_keys:  what .map of its map_refs indexes.
 */
struct libxdp_member {
	const char *name;
	uint32_t priority;
	uint32_t actions;
	uint32_t loaded_id;
	const struct instructions *code;
	const void *btf;
	size_t btf_len;
	const uint32_t *map_keys;
	size_t n_map_keys;
};

/**
 * struct libxdp_change - which programs of ours an interface shall run; everything borrowed.
 * @mode:   XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE, or 0: the mode it has, else native, else skb.
 * @ours:   EXT programs of ours that may be there now: those not wanted are removed.
 * @wanted: in the order for equal priorities and names. None: ours are removed.
 * @map_fd: opens the map with that key; the descriptor becomes ours.
 * @loaded: NULL, or told the id of each program that was loaded, before it can be on the interface;
 *          < 0: nothing is changed.
 * @last_dispatcher: of our last change there, 0: none: libxdp_forget() once it is not there now.
 */
struct libxdp_change {
	uint32_t ifindex;
	uint32_t mode;
	uint32_t last_dispatcher;
	const uint32_t *ours;
	size_t n_ours;
	const struct libxdp_member *wanted;
	size_t n_wanted;
	int (*map_fd)(void *arg, uint32_t key, struct reason *why);
	int (*loaded)(void *arg, uint32_t program_id, struct reason *why);
	void *arg;
};

/* @dispatcher_id: 0: nothing is left. @mode: XDP_FLAGS_DRV_MODE or _SKB_MODE, 0 with nothing.
 * @ids: EXT program of each wanted member; .ours of the next change. @positions: among all. */
struct libxdp_changed {
	uint32_t dispatcher_id;
	uint32_t mode;
	size_t n;
	uint32_t ids[LIBXDP_PROGRAMS_MAX];
	uint32_t positions[LIBXDP_PROGRAMS_MAX];
};

/**
 * libxdp_change() - a new dispatcher with the programs of others and those wanted, swapped in.
 *
 * Atomic: packets meet the old list or the new one. Who changes the interface meanwhile is not
 * overwritten: all is read and made again, ten times at most. Undo: another change back.
 * Order: priority, name, those that were there before, .wanted.
 *
 * Return: 0, -EBUSY (a foreign program without dispatcher, named; another mode; somebody always
 * came first), -EOPNOTSUPP (LIBXDP_LOCKED; no freplace), -E2BIG (more than LIBXDP_PROGRAMS_MAX),
 * -ENOENT (@loaded_id is gone and no @code), -EINVAL, -errno of the verifier (detail: its log), as
 * libxdp_read().
 */
int libxdp_change(const struct libxdp_change *change, struct libxdp_changed *ret,
		  struct reason *why);

/**
 * libxdp_forget() - remove the pins of a dispatcher that is not on its interface any more.
 *
 * Who takes it away by other means than libxdp's tools (ip link, deleting the interface) leaves
 * them, and they hold all its programs. Also for interfaces that are gone. Return: 0 (also when
 * nothing is left), -EBUSY (it is on the interface), as libxdp_read().
 */
int libxdp_forget(uint32_t ifindex, uint32_t dispatcher_id, struct reason *why);
