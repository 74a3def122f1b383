/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks of a config that mean several interfaces. */
#pragma once

struct apply;
struct config_hook;
struct reason;

typedef int expand_visit(struct apply *a, const struct config_hook *hook, void *arg,
			 struct reason *why);

/**
 * expand_hook() - visit the hook, or one for each interface that it means now, by name.
 *
 * None is a warning of the answer. Return: 0, what @visit returned, -ENOENT and others of the
 * network namespace.
 */
int expand_hook(struct apply *a, const struct config_hook *hook, expand_visit *visit, void *arg,
		struct reason *why);
