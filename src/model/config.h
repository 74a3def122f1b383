/* SPDX-License-Identifier: Apache-2.0 */
/* The declarative unit (BpfProgramConfig): bytecode, programs, hooks, globals and map exports. Same
 * shape as bpfd.v1.Config. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/labels.h"

struct reason;

#define CONFIG_NAME_MAX	    253
#define CONFIG_PROGRAMS_MAX 64
#define CONFIG_HOOKS_MAX    64
#define CONFIG_GLOBALS_MAX  256
#define CONFIG_EXPORTS_MAX  64
#define CONFIG_VERDICTS_MAX 16
#define CONFIG_VALUE_MAX    65536

/* Where one program goes. @hook: text form, without the interface when @is_primary ("xdp:",
 * "tc:/ingress"). */
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
};

struct config_global {
	char *name;
	char *value;
};

struct config_share {
	char *map;
	char *from; /* program that owns the map */
};

/* @name NULL: config name, or config name "-" entry for several. @entry: function, else section;
 * NULL: the only one. */
struct config_program {
	char *name;
	char *entry;
	char *type; /* hook kind; NULL: from labels or section */
	char *bytecode;
	char *pull_policy; /* Always, IfNotPresent, Never; NULL: the default */
	struct config_global *globals;
	size_t n_globals;
	struct config_hook *hooks;
	size_t n_hooks;
	struct config_share *shares;
	size_t n_shares;
};

/* @owner, @group: name or number as text; NULL: the caller, the owner's. */
struct config_export {
	char *map;
	char *owner;
	char *group;
	bool has_mode;
	uint32_t mode;
};

struct config {
	char *name;
	struct labels labels;
	struct labels node_selector;
	struct config_program *programs;
	size_t n_programs;
	struct config_export *exports;
	size_t n_exports;
	uid_t owner;	     /* set by the daemon */
	uint64_t applied_at; /* set by the daemon */
	uint64_t generation; /* set by the daemon */
};

void config_done(struct config *config);
void config_program_done(struct config_program *program);

/* Everything that can be checked without a kernel: names, counts, hook texts, verdict names,
 * priorities, modes. Return: 0, -EINVAL (text names the program or map), -E2BIG, -ENOMEM. */
int config_check(const struct config *config, struct reason *why);

/* The parts of it, for readers that know the position of each. A program may still lack its
 * bytecode. */
int config_hook_check(const struct config_hook *hook, struct reason *why);
int config_program_check(const struct config_program *program, struct reason *why);
int config_export_check(const struct config_export *export, struct reason *why);

/**
 * config_hook_text() - the text for hook_parse(): hook, interface and netns together.
 * @ifname: put in when .is_primary; else not looked at.
 *
 * "tc:/ingress", primary, netns "blue", ifname "eth0": "tc:eth0/ingress@blue". Heap; NULL: out of
 * memory.
 */
char *config_hook_text(const struct config_hook *hook, const char *ifname);

/* The name of program i in bpfd: its own, else the config's, else "config-entry". Heap; NULL: out
 * of memory. */
char *config_program_name(const struct config *config, size_t i);
