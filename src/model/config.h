/* SPDX-License-Identifier: Apache-2.0 */
/* The declarative unit (BpfProgramConfig): bytecode, programs, hooks, globals and map exports. Same
 * shape as bpfd.v1.Config. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/config/hook.h"
#include "model/config/rollout.h"
#include "model/config/selector.h"
#include "model/labels.h"

struct reason;

#define CONFIG_NAME_MAX	    253
#define CONFIG_PROGRAMS_MAX 64
#define CONFIG_HOOKS_MAX    64
#define CONFIG_GLOBALS_MAX  256
#define CONFIG_EXPORTS_MAX  64
#define CONFIG_VALUE_MAX    65536

struct config_global {
	char *name;
	char *value;
};

struct config_share {
	char *map;
	char *from; /* program that owns the map */
};

/* Credentials for an image, a Secret of Kubernetes; a host has auth files instead. @name NULL:
 * none.
 * @namespace NULL: the agent's. */
struct config_secret {
	char *name;
	char *namespace;
};

/* @name NULL: config name, or config name "-" entry for several. @entry: function, else section;
 * NULL: the only one. */
struct config_program {
	char *name;
	char *entry;
	char *type; /* hook kind; NULL: from labels or section */
	char *bytecode;
	char *pull_policy; /* Always, IfNotPresent, Never; NULL: the default */
	struct config_secret pull_secret;
	struct config_global *globals;
	size_t n_globals;
	struct config_hook *hooks;
	size_t n_hooks;
	struct config_share *shares;
	size_t n_shares;
};

/* @owner, @group: name or number as text; NULL: the caller, the owner's. @namespaces: whose pods
 * may mount the map ("*": all); a host has no use for them. */
struct config_export {
	char *map;
	char *owner;
	char *group;
	bool has_mode;
	uint32_t mode;
	struct strings namespaces;
};

struct config {
	char *name;
	struct labels labels;
	struct selector node_selector;
	struct config_program *programs;
	size_t n_programs;
	struct config_export *exports;
	size_t n_exports;
	bool has_rollout;
	struct config_rollout rollout;
	uid_t owner;	     /* set by the daemon */
	uint64_t applied_at; /* set by the daemon */
	uint64_t generation; /* set by the daemon */
};

void config_done(struct config *config);
void config_secret_done(struct config_secret *secret);
void config_program_done(struct config_program *program);

/* Everything that can be checked without a kernel: names, counts, hook texts, verdict names,
 * priorities, modes. Return: 0, -EINVAL (text names the program or map), -E2BIG, -ENOMEM. */
int config_check(const struct config *config, struct reason *why);

/* The parts of it, for readers that know the position of each. A program may still lack its
 * bytecode. */
int config_secret_check(const struct config_secret *secret, struct reason *why);
int config_program_check(const struct config_program *program, struct reason *why);
int config_export_check(const struct config_export *export, struct reason *why);

/* The name of program i in bpfd: its own, else the config's, else "config-entry". Heap; NULL: out
 * of memory. */
char *config_program_name(const struct config *config, size_t i);
