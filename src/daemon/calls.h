/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC calls become work: in the loop, in the worker, or as a stream; one log line each. */
#pragma once

#include "daemon/request_log.h"
#include "rpc/server.h"

struct context;
struct endpoints;
struct settings;
struct status;
struct volume;
struct worker;

/* Who comes in by a socket that says more than the peer's credentials: the agent's, or a volume's.
 * The userdata of each service. */
struct door {
	struct calls *calls;
	bool is_agent;
	const struct volume *volume;
};

/* What the handlers need; .ctx is the loop's own context. */
struct calls {
	struct context *ctx;
	struct status *status;
	struct worker *worker;
	struct worker *fetchers;     /* for what may wait for a network */
	struct endpoints *endpoints; /* of volumes; NULL without Kubernetes */
	struct door main_door;
	struct door agent_door;
	bool is_ending;
	struct refusal_log refusals;
	struct rpc_method *methods; /* made by calls_init() */
};

/* Fill .methods from the table of methods. Return: 0 or -ENOMEM. */
int calls_init(struct calls *calls);

/* What a socket offers; the door is borrowed. */
struct rpc_service calls_service(const struct calls *calls, struct door *door);
void calls_done(struct calls *calls);
