/* SPDX-License-Identifier: Apache-2.0 */
/* What a config says of a cluster, as YAML at its place in the general form. */
#pragma once

struct config_hook;
struct config_rollout;
struct config_secret;
struct selector;
struct text;

/* The lines within a selector that is not empty. @indent: 4 to 12 spaces. */
void format_selector(struct text *t, const char *indent, const struct selector *selector);

void format_targets(struct text *t, const struct config_hook *hook);
void format_secret(struct text *t, const struct config_secret *secret);
void format_rollout(struct text *t, const struct config_rollout *rollout);
