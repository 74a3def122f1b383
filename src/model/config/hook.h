/* SPDX-License-Identifier: Apache-2.0 */
/* Where one program of a config goes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/config/target.h"
#include "model/hook.h"

struct reason;

#define CONFIG_VERDICTS_MAX 16

/**
 * struct config_hook
 * @hook:     text form; without the interface when it is said otherwise: .is_primary,
 *            .has_interfaces or .has_pods ("xdp:", "tc:/ingress").
 * @interfaces: one link for each that is there when the config is applied.
 * @pods, @containers: resolved by bpfd-agent into a hook for each with .container; the daemon
 *            refuses them.
 * @container: id; its network namespace, or for uprobes the binary beneath its root.
 */
struct config_hook {
	char *hook;
	bool is_primary; /* the interface of the default route */
	bool has_priority;
	uint32_t priority;
	char **proceed_on;
	size_t n_proceed_on;
	char *mode;  /* NULL: by itself */
	char *netns; /* NULL: the daemon's */
	bool stats;  /* count runs and verdicts */
	bool has_interfaces;
	struct target_interfaces interfaces;
	bool has_pods;
	struct target_pods pods;
	bool has_containers;
	struct target_containers containers;
	char *container; /* NULL: none */
};

void config_hook_done(struct config_hook *hook);

/* Deep copy; @ret is zeroed before, and half filled on failure. Return: 0 or -ENOMEM. */
int config_hook_copy(const struct config_hook *from, struct config_hook *ret);

/* All that can be known without a kernel. Return: 0, -EINVAL, -E2BIG, -ENOMEM. */
int config_hook_check(const struct config_hook *hook, struct reason *why);

/* The same. @ret: the kind, for what follows. */
int config_hook_check_kind(const struct config_hook *hook, enum hook_kind *ret, struct reason *why);

/* Is the interface left out of .hook? */
bool config_hook_lacks_interface(const struct config_hook *hook);

/**
 * config_hook_text() - the text for hook_parse(): hook, interface and netns together.
 * @ifname: put in when config_hook_lacks_interface(); else not looked at.
 *
 * "tc:/ingress", primary, netns "blue", ifname "eth0": "tc:eth0/ingress@blue". Heap; NULL: out of
 * memory.
 */
char *config_hook_text(const struct config_hook *hook, const char *ifname);
