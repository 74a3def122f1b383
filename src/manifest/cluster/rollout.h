/* SPDX-License-Identifier: Apache-2.0 */
/* What a manifest says of a cluster beside selectors: rollout and pull secrets. */
#pragma once

struct decoder;
struct doc_node;
struct field;
struct schema;

extern const struct schema rollout_schema; /* struct config_rollout */

/* struct config_secret: its name as text, or {name, namespace}. Suits struct field. */
int rollout_secret(const struct decoder *d, const struct field *field, const struct doc_node *node,
		   void *object);
