/* SPDX-License-Identifier: Apache-2.0 */
/* Which revision of a config this node is to run. Pure; agent and operator count by the same rule.
 * The operator writes status.rollout; the nodes read it and find their own place. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "kube/json.h"

struct config;
struct labels;

/* Places of nodes in the order of a rollout, and .threshold of its status. */
#define REVISION_PLACES 1000000

enum revision_use {
	REVISION_SPEC,	 /* what the spec says */
	REVISION_STORED, /* the earlier one that is named */
	REVISION_NONE,	 /* nothing yet */
	REVISION_WAIT,	 /* as it is, until the operator has seen the change */
};

/* The hash of a spec without its rollout: what makes two revisions differ. */
void revision_hash(const json_t *spec, char ret[static KUBE_HASH_SIZE]);

/* Where @node stands among all nodes for @config: 0 to REVISION_PLACES - 1. */
uint32_t revision_place(const char *config, const char *node);

/* Who asks. */
struct revision_node {
	const char *name;
	const struct labels *labels;
};

/**
 * revision_choose() - decide for one node.
 * @object: the config as the API server has it.
 * @config: its spec, parsed.
 * @ret_stored: with REVISION_STORED the hash of the revision; borrowed from @object.
 */
enum revision_use revision_choose(const json_t *object, const struct config *config,
				  const struct revision_node *node, const char **ret_stored);
