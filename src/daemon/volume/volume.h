/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A volume: some maps of one config or program, mounted for one pod (docs/KUBERNETES-MAPS.md). Who
 * uses it is known by the socket or the mount, never by a uid. Opens nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/program.h"

struct map_list;
struct reason;
struct store;

#define VOLUMES_MAX	  512
#define VOLUME_MAPS_MAX	  64
#define VOLUME_ID_MAX	  128 /* as CSI has it */
#define VOLUME_NAME_MAX	  253 /* of a config */
#define VOLUME_MAP_MAX	  63  /* name of one map */
#define VOLUME_TARGET_MAX 1024

#define VOLUME_ANYBODY ((uid_t)-1)

/* What is at the target: a tmpfs with sockets and, unless read-only, the bpffs maps/; or the bpffs
 * itself. */
enum volume_layout { VOLUME_BPFD, VOLUME_BPFMAN, _VOLUME_LAYOUT_MAX };

/**
 * struct volume
 * @id:     of CSI.
 * @target: absolute, beneath the kubelet's pods.
 * @maps:   names with commas between them, sorted, no name twice.
 * @pinned: ids of the maps that are pinned now, in the order of .maps; NULL: none.
 * @has_directory: the target was made by us.
 * @owner: of its maps; one of somebody else that takes their name later is not meant.
 *         VOLUME_ANYBODY: not known yet.
 */
struct volume {
	char uuid[UUID_TEXT_SIZE];
	char *id;
	char *target;
	char *config;
	char *maps;
	enum volume_layout layout;
	bool is_read_only;
	bool has_group;
	bool has_directory;
	gid_t group;
	uid_t owner;
	uint64_t published_at;
	char *pinned;
};

struct volume_list {
	struct volume *items;
	size_t n;
};

void volume_done(struct volume *volume);
void volume_list_done(struct volume_list *list);

/* "bpfd", "bpfman"; -EINVAL; "" is bpfd. */
int volume_layout_parse(const char *text, enum volume_layout *ret);
const char *volume_layout_name(enum volume_layout layout);

/* Sort and join the names. Return: 0, -EINVAL (no name, twice, not a map's), -E2BIG, -ENOMEM. */
int volume_set_maps(struct volume *volume, char *const *names, size_t n, struct reason *why);

/* The next name of .maps; start with *at = .maps. Return: whether there was one. */
bool volume_next_map(const char **at, char ret[static VOLUME_MAP_MAX + 1]);

/* Bounds and forms of the texts. Return: 0, -EINVAL, -E2BIG. */
int volume_check(const struct volume *volume, struct reason *why);

/* Is everything that a client chooses the same? */
bool volume_same(const struct volume *a, const struct volume *b);

/* The target as seen from the kubelet's pods, a part of .target. -EINVAL: not beneath it. */
int volume_relative(const char *target, const char *kubelet, const char **ret, struct reason *why);

/* Data that has a name: what pods may have. */
bool volume_is_for_pods(const struct map *map);

/* May its pod do that with a map of the volume? Return: 0, -EACCES. */
int volume_may(const struct volume *volume, bool want_write, struct reason *why);

/**
 * volume_map_find() - the map that a pod means.
 * @ref: "MAP", "CONFIG/MAP", "PROGRAM/MAP" or an id, of a map of the volume.
 *
 * Return: 0, -EACCES (not of this volume), -ENOENT (of it, but not loaded now).
 */
int volume_map_find(struct store *store, const struct volume *volume, const char *ref,
		    struct map *ret, struct reason *why);

/* Those maps of the volume that are loaded, in the order of .maps. With an owner: only what pods
 * may have of him; without, whatever has the name. */
int volume_map_list(struct store *store, const struct volume *volume, struct map_list *ret,
		    struct reason *why);
