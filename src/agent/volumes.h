/* SPDX-License-Identifier: Apache-2.0 */
/* Maps for pods: serves CSI, and decides which pod may have which map (spec.maps[].namespaces). */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct agent;
struct agent_volumes;
struct config;
struct reason;

/* @plugins, @registration: directories, see csi/csi.h. Return: 0, what csi_server_new() says. */
int agent_volumes_new(struct agent *agent, const char *plugins, const char *registration,
		      struct agent_volumes **ret, struct reason *why);
void agent_volumes_free(struct agent_volumes *volumes);

/* {MAP: [NAMESPACE…]} of a config; NULL: out of memory. */
json_t *agent_volumes_grants(const struct config *config);

/**
 * agent_volumes_may() - may pods of @namespace have @map?
 * @namespace: "" when the kubelet does not say: only what is open to all then.
 */
bool agent_volumes_may(const json_t *grants, const char *map, const char *namespace);
