/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC calls become work: in the loop, in the worker, or as a stream; one log line each. */
#pragma once

#include "daemon/request_log.h"
#include "rpc/server.h"

struct context;
struct settings;
struct status;
struct worker;

/* What the handlers need; .ctx is the loop's own context. */
struct calls {
	struct context *ctx;
	struct status *status;
	struct worker *worker;
	struct worker *fetchers; /* for what may wait for a network */
	bool is_ending;
	struct refusal_log refusals;
	struct rpc_method *methods; /* made by calls_init() */
};

/* Fill .methods from the table of methods. Return: 0 or -ENOMEM. */
int calls_init(struct calls *calls, struct rpc_service *ret);
void calls_done(struct calls *calls);
