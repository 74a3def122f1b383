/* SPDX-License-Identifier: Apache-2.0 */
/* grpc.health.v1.Health (proto/grpc/health.proto): the messages are two fields, coded by hand. */
#pragma once

#include <stdbool.h>

struct rpc_health;
struct rpc_method;

/* With one service, "", that is serving. NULL: out of memory. */
struct rpc_health *rpc_health_new(void);

/* End the Watch streams (RPC_UNAVAILABLE). */
void rpc_health_end_watches(struct rpc_health *health);

/* After all its calls are finished. Accepts NULL. */
void rpc_health_free(struct rpc_health *health);

/* Return: 0 or -ENOMEM. */
int rpc_health_set(struct rpc_health *health, const char *service, bool is_serving);

/* Its methods take the struct rpc_health as userdata. NULL: not a health path. */
const struct rpc_method *rpc_health_find(const char *path);
