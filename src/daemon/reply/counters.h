/* SPDX-License-Identifier: Apache-2.0 */
/* What a member of a chain counted, as a message. */
#pragma once

#include "wire/bpfd.pb-c.h"

struct chain;
struct link;
struct request;

/* Sums over the processors; in the request's arena. NULL: not to be read, or out of memory. */
Bpfd__V1__Counters *reply_counters(struct request *rq, const struct chain *chain,
				   const struct link *link);
