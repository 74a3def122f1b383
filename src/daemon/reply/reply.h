/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the store as messages of the API; what only the kernel knows is asked of it here. */
#pragma once

#include "daemon/request/request.h"

struct chain;
struct link;
struct map;
struct program;

/* All: in the arena of @rq; NULL when out of memory. */
Bpfd__V1__Link *reply_link(struct request *rq, const struct link *link);
Bpfd__V1__Map *reply_map(struct request *rq, const struct map *map);

/* Of a member of libxdp's dispatcher, ours or not: its verdicts are told by @seen. */
void reply_hook_dispatched(struct request *rq, const struct chain *chain, uint32_t proceed_on,
			   Bpfd__V1__HookEntry *to);

/* What an entry of a hook has as the member of a chain. */
void reply_hook_member(struct request *rq, const struct chain *chain, const struct link *link,
		       Bpfd__V1__HookEntry *to);

/* @with_kernel: also size, tag and maps; costs some system calls. */
Bpfd__V1__Program *reply_program(struct request *rq, const struct program *program,
				 bool with_kernel);

/* An array of n pointers in the arena. */
void *reply_array(struct request *rq, size_t n);
