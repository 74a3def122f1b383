/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded program and a map as the daemon records them; links are in model/link.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/config.h"
#include "model/hook.h"
#include "model/labels.h"
#include "model/link.h"
#include "model/uuid.h"

#define PROGRAM_NAME_MAX 128

/**
 * struct program - one BPF program loaded for somebody.
 * @uuid:   ours, in the names of pins. @load: uuid of its load; programs of one load share maps.
 * @id:     kernel id; 0 while pending.
 * @index:  position within its load.
 * @target: what its section names ("net/net_dev_queue"), "" if nothing.
 */
struct program {
	char uuid[UUID_TEXT_SIZE];
	char load[UUID_TEXT_SIZE];
	uint32_t id;
	uint32_t index;
	char *name;
	char *function;
	char *section;
	char *target;
	enum hook_kind kind;
	char *bytecode;
	char *digest;
	char *config; /* NULL: loaded by hand */
	uid_t owner_uid;
	gid_t owner_gid;
	struct labels labels;
	struct config_global *globals;
	size_t n_globals;
	uint64_t loaded_at; /* seconds since 1970 */
	uint32_t n_links;   /* counted by the store */
};

/* @path: of the pin for applications; NULL when not exported. */
struct map_export {
	char *path;
	uid_t uid;
	gid_t gid;
	uint32_t mode;
};

struct map {
	uint32_t id;
	char load[UUID_TEXT_SIZE]; /* whose pin holds it */
	char *name;
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags;
	bool is_internal;
	char *config;
	uid_t owner_uid;
	char *programs; /* names, comma-separated; filled by the store */
	struct map_export export;
};

struct program_list {
	struct program *items;
	size_t n;
};

struct map_list {
	struct map *items;
	size_t n;
};

void program_list_done(struct program_list *list);
void map_list_done(struct map_list *list);
void program_done(struct program *program);
void map_done(struct map *map);
