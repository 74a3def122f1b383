/* SPDX-License-Identifier: Apache-2.0 */
/* The part of bpfd.yaml that is for a node of Kubernetes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct schema;

#define KUBERNETES_AGENT_GROUP 65532
#define KUBERNETES_KUBELET     "/var/lib/kubelet"

/**
 * struct settings_kubernetes
 * @is_on:             the field is there; without it there is no socket for an agent, and nothing
 *                     is ever mounted for pods.
 * @agent_socket:      absolute; NULL: agent/bpfd.sock in the runtime directory.
 * @agent_group:       who may connect there; also the uid that owns what the agent applies.
 * @kubelet_directory: absolute; NULL: KUBERNETES_KUBELET. Volumes are made beneath its pods.
 */
struct settings_kubernetes {
	bool is_on;
	bool has_group;
	uint32_t agent_group;
	char *agent_socket;
	char *kubelet_directory;
};

extern const struct schema kubernetes_schema;

void settings_kubernetes_done(struct settings_kubernetes *kubernetes);

uint32_t settings_agent_group(const struct settings_kubernetes *kubernetes);
const char *settings_kubelet_directory(const struct settings_kubernetes *kubernetes);
