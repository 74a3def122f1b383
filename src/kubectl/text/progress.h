/* SPDX-License-Identifier: Apache-2.0 */
/* What the status of a config says about its rollout. Pure. */
#pragma once

#include <jansson.h>

struct text;

enum progress {
	PROGRESS_WAITING,
	PROGRESS_COMPLETE,
	PROGRESS_FAILED, /* also paused and rolled back: nothing more will happen by itself */
};

/* Append one line that says it, without a line feed. */
enum progress progress_of(const json_t *config, struct text *t);

/* "90s", "5m", "1h30m", or "0" for no limit, into milliseconds. Return: 0 or -EINVAL. */
int progress_parse_duration(const char *s, unsigned int *ret_ms);
