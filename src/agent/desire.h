/* SPDX-License-Identifier: Apache-2.0 */
/* A config of the cluster becomes the config of this node: selectors become names. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct config;
struct labels;
struct reason;

/**
 * struct desire_world - what is known of this node.
 * @addresses:  its InternalIPs: ["10.0.0.7"].
 * @interfaces: of look(): [{name, addresses}].
 * @pods:       of this node: {KEY: {id, namespace, name, labels: {}, hostNetwork: bool,
 *              containers: [{name, id}]}}; only containers that run.
 */
struct desire_world {
	const json_t *addresses;
	const json_t *interfaces;
	const json_t *pods;
};

/**
 * desire() - change @config into what the daemon takes.
 * @warnings: an array; what matched nothing is said there.
 *
 * Primary interfaces become the one with the node's InternalIP, selectors of pods and containers
 * one hook for each. What only a cluster knows (node selector, rollout, namespaces, secrets) goes,
 * and the label that marks configs of the agent comes. Return: 0, -ENODEV (no interface has the
 * node's address), -E2BIG (more hooks than a config may have), -ENOMEM.
 */
int desire(struct config *config, const struct desire_world *world, json_t *warnings,
	   struct reason *why);

/* Does it need to know the pods of this node? The interfaces? */
bool desire_needs_pods(const struct config *config);
bool desire_needs_interfaces(const struct config *config);

/* A Pod as above, NULL when out of memory. */
json_t *desire_pod(const json_t *pod);
