/* SPDX-License-Identifier: Apache-2.0 */
/* Our entry in the finalizers of a config: while it is there, a deleted config stays until all
 * nodes have let go of it. */
#pragma once

#include <stdbool.h>

struct op_config;

bool finalizer_has(const struct op_config *c);

/* Begin to add or remove it, with the version that was read, so that nobody's change is lost. */
void finalizer_set(struct op_config *c, bool has_ours);
