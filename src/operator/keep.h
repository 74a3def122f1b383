/* SPDX-License-Identifier: Apache-2.0 */
/* Revisions of configs, kept as ControllerRevisions (apps/v1), so that nodes can stay at one and
 * people go back to one. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct op_config;

/* How many of a config are kept besides the two that a rollout needs. */
#define KEEP_HISTORY 10

#define KEEP_RESUMED "bpfd.io/resumed"

/* Make the revision of the config's spec. Return: true, it is there; false: not yet, the config is
 * touched when it is. */
bool keep_revision(struct op_config *c);

/* Do the annotations say to go on with @revision in spite of failures? */
bool keep_is_resumed(const json_t *annotations, const char *revision);
