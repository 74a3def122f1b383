/* SPDX-License-Identifier: Apache-2.0 */
/* What an interface runs, as libxdp's tools see it. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

#define LIBXDP_PROGRAMS_MAX 10
#define LIBXDP_NAME_SIZE    128
#define LIBXDP_TAG_SIZE	    8

enum libxdp_kind {
	LIBXDP_NONE,	   /* no XDP program there */
	LIBXDP_SINGLE,	   /* one that is no dispatcher */
	LIBXDP_DISPATCHER, /* version 2: libxdp_change() works with it */
	LIBXDP_LOCKED,	   /* a dispatcher that is left alone; .words and .hint say why */
	_LIBXDP_KIND_MAX
};

/* @name: of its function; only 15 characters without BTF. @actions: of LIBXDP_ACTIONS and other
 * bits below 31, with which the next program runs. */
struct libxdp_program {
	uint32_t id;
	char name[LIBXDP_NAME_SIZE];
	uint8_t tag[LIBXDP_TAG_SIZE];
	uint32_t priority;
	uint32_t actions;
	bool has_frags;
};

/**
 * struct libxdp_state - what an interface runs.
 * @attached:   XDP_ATTACHED_… as in struct netdev.
 * @program_id, @name: of the single program or the dispatcher.
 * @link_id:    of the BPF link that holds it, 0: attached by netlink.
 * @version:    of the dispatcher's protocol, 0: unknown.
 * @programs:   in their order; empty where the dispatcher's pins cannot be read.
 * @words:      one line for people: what it is.
 */
struct libxdp_state {
	enum libxdp_kind kind;
	uint32_t ifindex;
	char interface[IFNAMSIZ];
	uint8_t attached;
	uint32_t program_id;
	char name[16];
	uint32_t link_id;
	uint32_t version;
	bool has_frags;
	struct libxdp_program programs[LIBXDP_PROGRAMS_MAX];
	size_t n;
	char words[256];
	char hint[256];
};

/* Return: 0; -ENODEV; -ENOTSUP (no bpffs), -EPERM (directory of somebody else), -EBUSY (locked for
 * ten seconds) only when there is a dispatcher. */
int libxdp_read(uint32_t ifindex, struct libxdp_state *ret, struct reason *why);
