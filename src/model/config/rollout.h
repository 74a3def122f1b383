/* SPDX-License-Identifier: Apache-2.0 */
/* How a changed config reaches the nodes of a cluster; a host alone has no use for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/config/selector.h"

struct reason;

#define ROLLOUT_UNAVAILABLE_MAX	     10000
#define ROLLOUT_WAIT_SECONDS_MAX     86400
#define ROLLOUT_WAIT_SECONDS_DEFAULT 30

enum rollout_strategy { ROLLOUT_ALL, ROLLOUT_CANARY, _ROLLOUT_STRATEGY_MAX };
enum rollout_failure { ROLLOUT_PAUSE, ROLLOUT_ROLLBACK, _ROLLOUT_FAILURE_MAX };

/**
 * struct config_rollout
 * @canary_nodes, @canary_percent: with ROLLOUT_CANARY exactly one of them: .has_canary_nodes, or a
 *            percentage of 1 to 100.
 * @max_unavailable: 0: not given. A number of nodes, or a percentage (1 to 100) when
 *            .is_percent.
 * @wait_seconds: what a batch must hold before the next; not given: ..._DEFAULT.
 */
struct config_rollout {
	enum rollout_strategy strategy;
	bool has_canary_nodes;
	struct selector canary_nodes;
	uint32_t canary_percent;
	uint32_t max_unavailable;
	bool is_percent;
	enum rollout_failure on_failure;
	bool is_paused;
	bool has_wait_seconds;
	uint32_t wait_seconds;
};

void config_rollout_done(struct config_rollout *rollout);

/* Return: 0, -EINVAL, -E2BIG, -ENOMEM. */
int config_rollout_check(const struct config_rollout *rollout, struct reason *why);

uint32_t config_rollout_wait_seconds(const struct config_rollout *rollout);

/* "all", "canary"; "pause", "rollback". Parse: -1 when there is none. */
const char *rollout_strategy_name(enum rollout_strategy strategy);
int rollout_strategy_parse(const char *name);
const char *rollout_failure_name(enum rollout_failure failure);
int rollout_failure_parse(const char *name);
