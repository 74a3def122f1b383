/* SPDX-License-Identifier: Apache-2.0 */
/* What an interface runs, with the descriptors that a change needs. */
#pragma once

#include "libxdp/libxdp.h"

struct pins;

/* @fd: of the program on the interface, -1: none. @fds: of .state.programs. */
struct state {
	struct libxdp_state state;
	int fd;
	int fds[LIBXDP_PROGRAMS_MAX];
};

void state_init(struct state *state);
void state_done(struct state *state);

/* @pins: NULL when there are none: then a dispatcher is LIBXDP_LOCKED. */
int state_read(uint32_t ifindex, const struct pins *pins, struct state *ret, struct reason *why);
