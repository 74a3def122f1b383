/* SPDX-License-Identifier: Apache-2.0 */
/* Where libxdp's tools look for the programs of a dispatcher: <bpffs>/xdp/dispatch-IFINDEX-ID, in
 * it progN-link and progN-prog, all under one lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct reason;

#define PINS_PATH_SIZE 256

/**
 * struct pins - the directory, held locked against the other tools.
 * @path: of <bpffs>/xdp. @fd: its descriptor with the lock.
 */
struct pins {
	char path[PINS_PATH_SIZE];
	int fd;
};

/**
 * pins_open() - find the directory, make it when @may_make, lock it.
 *
 * Return: 0; -ENOTSUP, -EXDEV (bpffs_check()); -ENOENT (not there); -EPERM (others may write it);
 * -EBUSY (somebody keeps the lock for ten seconds).
 */
int pins_open(bool may_make, struct pins *ret, struct reason *why);
void pins_close(struct pins *pins);
#define _pins_ _cleanup_(pins_close)

/* The directory of dispatcher @id. */
struct pins_place {
	const struct pins *pins;
	uint32_t ifindex;
	uint32_t id;
};

/* Descriptor of the program in slot @slot; -ENOENT. */
int pins_program_open(const struct pins_place *place, size_t slot);

/* Make the directory; pin a program and its link there. */
int pins_make(const struct pins_place *place, struct reason *why);
int pins_put(const struct pins_place *place, size_t slot, int program_fd, int link_fd,
	     struct reason *why);

/* Remove it with what is in it; a missing one is success. */
int pins_remove(const struct pins_place *place, struct reason *why);
