/* SPDX-License-Identifier: Apache-2.0 */
/* Which program on a hook can hide which: what each may return, and who then does not run. */
#pragma once

#include "daemon/request/request.h"

struct link_list;

/**
 * interference_note() - fill .returns and .warnings of the entries on interfaces.
 * @out:  entries of one hook in order of execution; tcx before the filters of clsact.
 * @ours: rows of our links.
 *
 * What cannot be read of a program counts as "other". Nothing is refused for lack of memory: then
 * words are missing.
 */
void interference_note(struct request *rq, Bpfd__V1__ListHooksResponse *out,
		       const struct link_list *ours);
