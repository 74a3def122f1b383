/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors for the map references of linked code, opened once a load. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct chain_code;
struct chain_load;
struct reason;

/* Ends with maps_done(). */
struct maps {
	struct open_map {
		uint32_t key;
		int fd;
	} * list;
	size_t n;
};

void maps_done(struct maps *maps);

/* Put descriptors into the immediates of @code. @next_fd: for CHAIN_KEY_NEXT, -1: there is none.
 * Return: 0, -EINVAL (no such map), -ENOMEM, as chain_load.map_fd. */
int maps_enter(struct maps *maps, const struct chain_load *wish, struct chain_code *code,
	       int next_fd, struct reason *why);
