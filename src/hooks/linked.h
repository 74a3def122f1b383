/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds have in common: being inside the place's netns, and link objects. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hooks/ops.h"

/* Call @fn in the place's netns. */
int linked_in_netns(const struct hook_place *place, int (*fn)(void *arg), void *arg,
		    struct reason *why);

/* resolve() of kinds on a netdev: fills ifindex. */
int linked_resolve_netdev(struct hook_place *place, struct reason *why);

/* Give a new link to @ret (kernel id filled). */
int linked_take(int *link_fd, struct hook_attachment *ret, struct reason *why);

/**
 * struct linked_try - an attempt that may meet a link which is ending.
 * @create:  returns a descriptor, 0 or -errno.
 * @is_held: does a link that lives explain -EEXIST or -EBUSY?
 *
 * The kernel ends a link 4 to 20 ms after its last unlink. Who attaches right behind a detach would
 * be refused because of himself.
 */
struct linked_try {
	int (*create)(void *arg);
	bool (*is_held)(void *arg);
	void *arg;
};

/* Try until nothing that is ending is in the way, for half a second at most; -EEXIST and -EBUSY
 * come after 50 ms. */
int linked_create(const struct linked_try *attempt);

/* Attach by a perf event: a link, or below 5.15 the event itself. Closes *perf_fd or gives it to
 * @ret. -EEXIST: the program is there already. */
int linked_take_event(int *perf_fd, int program_fd, struct hook_attachment *ret,
		      struct reason *why);

/* replace() of kinds with an updatable link. */
int linked_replace(const struct hook_place *place, const struct hook_attachment *at,
		   int new_program_fd, int old_program_fd, struct reason *why);

/* end() of kinds whose links can be detached. */
int linked_end(const struct hook_attachment *at);

/* check() of kinds with a link: same program, and for kinds on a netdev still on that one. */
int linked_check(const struct hook_place *place, const struct hook_attachment *at,
		 uint32_t program_id, struct reason *why);

#define LINKED_PROGRAM_TEXT 64

/* program 42 "xdp_pass"; without the name when the program is gone. */
void linked_program_text(uint32_t program_id, char ret[static LINKED_PROGRAM_TEXT]);

/* Id and name for messages about the program behind a descriptor. Return: id, 0 if unknown. */
uint32_t linked_program_id(int program_fd);
