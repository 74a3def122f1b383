/* SPDX-License-Identifier: Apache-2.0 */
/* Which members may run in one program at all: features, licences. */
#pragma once

#include "chain/plan.h"

#define CHAIN_F_SLEEPABLE (1u << 4)
#define CHAIN_F_FRAGS	  (1u << 5)
#define CHAIN_F_DEV_BOUND (1u << 6)

/* May only GPL programs call this helper? */
bool chain_is_gpl_helper(int32_t id);

/* Return: 0, -EOPNOTSUPP, -EPERM (licences), as chain_plan() says. */
int chain_refuse_members(const struct chain_plan *plan, struct reason *why);

/* The licence of the chain: the first that is not compatible with the GPL, or the first. */
const char *chain_licence(const struct chain_plan *plan);
