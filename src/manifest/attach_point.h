/* SPDX-License-Identifier: Apache-2.0 */
/* The talk's attachpoint: one program on interfaces or on one tracepoint. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/config/target.h"

struct config_program;
struct reason;
struct schema;

struct attach_network {
	bool is_primary;
	char *interface;
	char **interfaces;
	size_t n_interfaces;
	struct strings patterns;
	struct strings exclude;
	bool has_pods;
	struct target_pods pods;
	bool has_priority;
	uint32_t priority;
	char *direction;
	char **proceed_on;
	size_t n_proceed_on;
};

/* Exactly one of the two is given. */
struct attach_point {
	char *single_name;
	bool has_network;
	struct attach_network network;
};

extern const struct schema attach_point_schema;

void attach_point_done(struct attach_point *at);

/* Fill the hooks of @program, whose type is set. Return: 0, -EINVAL, -ENOMEM. */
int attach_point_hooks(const struct attach_point *at, struct config_program *program,
		       struct reason *why);
