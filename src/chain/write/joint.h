/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between members: the decision by a verdict. */
#pragma once

#include "chain/write/emit.h"

/* Behind member @i, whose verdict is in r0: on into what follows, or out of the chain. */
void joint_write(struct writer *w, size_t i);

/* Behind the last member of the segment. */
void joint_write_end(struct writer *w);

/* r1 = context. */
void joint_write_context(struct writer *w);
