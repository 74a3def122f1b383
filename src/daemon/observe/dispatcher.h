/* SPDX-License-Identifier: Apache-2.0 */
/* What libxdp's tools see on an interface, asked inside its network namespace. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libxdp/seen.h"

struct hook_place;
struct reason;

/* As libxdp_read(); also -EPERM, -EINVAL of setns(2). */
int observe_dispatcher(const struct hook_place *place, struct libxdp_state *ret,
		       struct reason *why);

/* Is a program with this id among those of the interface's dispatcher? */
bool dispatcher_has(const struct libxdp_state *state, uint32_t program_id);
