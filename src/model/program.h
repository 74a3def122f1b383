/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded program, a link and a map as the daemon records them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/config.h"
#include "model/hook.h"
#include "model/labels.h"
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

/**
 * struct link - one program on one hook.
 * @id:        ours, never reused; the pin's name.
 * @kernel_id: 0 where the kernel has no link object.
 * @netns_ino: of the hook's network namespace, for finding it again.
 * @is_kept:   cannot be pinned: its descriptor is kept by the keeper or systemd.
 */
struct link {
	uint32_t id;
	char uuid[UUID_TEXT_SIZE];
	char program[UUID_TEXT_SIZE];
	char *program_name;  /* filled by the store */
	uint32_t program_id; /* filled by the store */
	char *hook;
	enum hook_kind kind;
	uint32_t priority;
	uint32_t proceed_on;
	char *mode;
	uint32_t kernel_id;
	uint32_t ifindex;
	uint32_t tc_handle;
	uint32_t tc_priority;
	uint64_t netns_ino;
	bool is_kept;
	char *config;
	uid_t owner_uid;
	struct labels labels;
	uint64_t attached_at;
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

struct link_list {
	struct link *items;
	size_t n;
};

struct map_list {
	struct map *items;
	size_t n;
};

void program_list_done(struct program_list *list);
void link_list_done(struct link_list *list);
void map_list_done(struct map_list *list);
void program_done(struct program *program);
void link_done(struct link *link);
void map_done(struct map *map);
