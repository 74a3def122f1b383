/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors of labels, interfaces, pods and containers in a manifest. */
#pragma once

struct decoder;
struct doc_node;
struct field;
struct schema;

/* struct selector: matchLabels and matchExpressions, or labels as they are. Suits struct field. */
int targets_selector(const struct decoder *d, const struct field *field,
		     const struct doc_node *node, void *object);

extern const struct schema targets_interfaces; /* struct target_interfaces */
extern const struct schema targets_pods;       /* struct target_pods */
extern const struct schema targets_containers; /* struct target_containers */
