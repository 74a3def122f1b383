/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the bounds of a rollout; carried out by bpfd-operator. */
#include "model/config/rollout.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"

static const char *const strategies[_ROLLOUT_STRATEGY_MAX] = {"all", "canary"};
static const char *const failures[_ROLLOUT_FAILURE_MAX] = {"pause", "rollback"};

void config_rollout_done(struct config_rollout *rollout)
{
	selector_done(&rollout->canary_nodes);
}

static int check_canary(const struct config_rollout *rollout, struct reason *why)
{
	int given = rollout->has_canary_nodes + (rollout->canary_percent > 0);

	if (rollout->strategy == ROLLOUT_CANARY && given != 1)
		return fail(why, -EINVAL,
			    "rollout.canary wants exactly one of nodeSelector and percentage");
	if (rollout->strategy != ROLLOUT_CANARY && given > 0)
		return fail(why, -EINVAL, "rollout.canary is for strategy canary");
	if (rollout->canary_percent > 100)
		return fail(why, -EINVAL, "rollout.canary.percentage %u: it goes from 1 to 100",
			    rollout->canary_percent);
	return selector_check(&rollout->canary_nodes, why);
}

int config_rollout_check(const struct config_rollout *rollout, struct reason *why)
{
	uint32_t max = rollout->is_percent ? 100 : ROLLOUT_UNAVAILABLE_MAX;

	if (rollout->strategy >= _ROLLOUT_STRATEGY_MAX ||
	    rollout->on_failure >= _ROLLOUT_FAILURE_MAX)
		return fail(why, -EINVAL, "rollout: no such strategy or onFailure");
	if (rollout->max_unavailable > max)
		return fail(why, -EINVAL, "rollout.maxUnavailable %u%s: it goes from 1 to %u%s",
			    rollout->max_unavailable, rollout->is_percent ? "%" : "", max,
			    rollout->is_percent ? "%" : "");
	if (rollout->has_wait_seconds && rollout->wait_seconds > ROLLOUT_WAIT_SECONDS_MAX)
		return fail(why, -EINVAL, "rollout.waitSeconds %u: it goes from 0 to %d",
			    rollout->wait_seconds, ROLLOUT_WAIT_SECONDS_MAX);
	return check_canary(rollout, why);
}

uint32_t config_rollout_wait_seconds(const struct config_rollout *rollout)
{
	return rollout->has_wait_seconds ? rollout->wait_seconds : ROLLOUT_WAIT_SECONDS_DEFAULT;
}

static int find_word(const char *name, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(name, words[i]) == 0)
			return i;
	return -1;
}

const char *rollout_strategy_name(enum rollout_strategy strategy)
{
	return strategies[strategy];
}

int rollout_strategy_parse(const char *name)
{
	return find_word(name, strategies, _ROLLOUT_STRATEGY_MAX);
}

const char *rollout_failure_name(enum rollout_failure failure)
{
	return failures[failure];
}

int rollout_failure_parse(const char *name)
{
	return find_word(name, failures, _ROLLOUT_FAILURE_MAX);
}
