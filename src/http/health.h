/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics, /healthz and /readyz over plain HTTP, for agent and operator. */
#pragma once

#include <stdbool.h>

struct health;
struct reason;
struct text;

/**
 * struct health_options
 * @at:      as listen_bind() takes it.
 * @collect: appends the metrics (openmetrics_add()); the end is added behind it. NULL: none.
 */
struct health_options {
	const char *at;
	void (*collect)(void *userdata, struct text *out);
	void *userdata;
};

/* Not ready yet ("starting"). Return: 0, what http_server_new() says. */
int health_new(const struct health_options *options, struct health **ret, struct reason *why);
void health_free(struct health *health);

/* What /readyz says: 200, or 503 with @reason (copied; NULL: "not ready"). */
void health_set_ready(struct health *health, bool is_ready, const char *reason);

unsigned int health_port(const struct health *health);

/* To poll for reading, then dispatch; borrowed. /healthz answers while the loop comes by here. */
int health_fd(const struct health *health);

/* Return: 0 or what http_server_dispatch() says. */
int health_dispatch(struct health *health);
