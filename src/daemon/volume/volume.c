/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what a volume may be called and which maps it means. */
#include "daemon/volume/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/store/store.h"
#include "daemon/store/volume.h"
#include "kernel/map.h"

void volume_done(struct volume *v)
{
	free(v->id);
	free(v->target);
	free(v->config);
	free(v->maps);
	free(v->pinned);
}

void volume_list_done(struct volume_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		volume_done(&list->items[i]);
	free(list->items);
}

static const char *const layouts[] = {[VOLUME_BPFD] = "bpfd", [VOLUME_BPFMAN] = "bpfman"};

_Static_assert(array_size(layouts) == _VOLUME_LAYOUT_MAX, "a name for each layout");

int volume_layout_parse(const char *text, enum volume_layout *ret)
{
	for (size_t i = 0; i < array_size(layouts); i++)
		if (strcmp(text, layouts[i]) == 0) {
			*ret = (enum volume_layout)i;
			return 0;
		}
	*ret = VOLUME_BPFD;
	return *text ? -EINVAL : 0;
}

const char *volume_layout_name(enum volume_layout layout)
{
	return layouts[layout];
}

/* A bpffs takes no dot, and maps with a dot in their name are the compiler's. */
static bool is_map_name(const char *name)
{
	return text_is_name(name, VOLUME_MAP_MAX) && !strchr(name, '.');
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int volume_set_maps(struct volume *v, char *const *names, size_t n, struct reason *why)
{
	const char *sorted[VOLUME_MAPS_MAX];
	_text_ struct text all = {0};

	if (n == 0 || n > VOLUME_MAPS_MAX)
		return fail(why, n ? -E2BIG : -EINVAL, "a volume has 1 to %d maps, not %zu",
			    VOLUME_MAPS_MAX, n);
	for (size_t i = 0; i < n; i++) {
		if (!is_map_name(names[i]))
			return fail(why, -EINVAL, "\"%.64s\" is no name of a map", names[i]);
		sorted[i] = names[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(sorted[i], sorted[i - 1]) == 0)
			return fail(why, -EINVAL, "map %s is given twice", sorted[i]);
		text_add(&all, "%s%s", i ? "," : "", sorted[i]);
	}
	free(v->maps);
	v->maps = text_take(&all);
	return v->maps ? 0 : fail(why, -ENOMEM, "out of memory");
}

bool volume_next_map(const char **at, char ret[static VOLUME_MAP_MAX + 1])
{
	size_t n = *at ? strcspn(*at, ",") : 0;

	if (n == 0 || n > VOLUME_MAP_MAX)
		return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at += n + ((*at)[n] == ',');
	return true;
}

int volume_check(const struct volume *v, struct reason *why)
{
	if (!*v->id || strlen(v->id) > VOLUME_ID_MAX || !text_is_clean(v->id, VOLUME_ID_MAX))
		return fail(why, -EINVAL, "the id of a volume has 1 to %d bytes of text",
			    VOLUME_ID_MAX);
	if (!text_is_name(v->config, VOLUME_NAME_MAX))
		return fail(why, -EINVAL, "\"%.64s\" is no name of a config or program", v->config);
	if (strlen(v->target) > VOLUME_TARGET_MAX)
		return fail(why, -EINVAL, "the target has more than %d bytes", VOLUME_TARGET_MAX);
	if (v->has_group && v->group == (gid_t)-1)
		return fail(why, -EINVAL, "fs_group %u is no group", v->group);
	return 0;
}

bool volume_same(const struct volume *a, const struct volume *b)
{
	return strcmp(a->id, b->id) == 0 && strcmp(a->target, b->target) == 0 &&
	       strcmp(a->config, b->config) == 0 && strcmp(a->maps, b->maps) == 0 &&
	       a->layout == b->layout && a->is_read_only == b->is_read_only &&
	       a->has_group == b->has_group && (!a->has_group || a->group == b->group);
}

/* No empty part, no "." and no "..": what is compared is what is opened. */
static bool is_plain(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

int volume_relative(const char *target, const char *kubelet, const char **ret, struct reason *why)
{
	static const char pods[] = "/pods/";
	size_t n = strlen(kubelet);
	const char *rest = target + n;

	while (n > 1 && kubelet[n - 1] == '/')
		rest = target + --n;
	if (strncmp(target, kubelet, n) == 0 && strncmp(rest, pods, strlen(pods)) == 0 &&
	    rest[strlen(pods)] && is_plain(rest + strlen(pods))) {
		*ret = rest + strlen(pods);
		return 0;
	}
	fail(why, -EINVAL, "%.200s is not beneath %s/pods", target, kubelet);
	reason_hint(why, "kubeletDirectory in bpfd.yaml names the kubelet's directory");
	return -EINVAL;
}

int volume_may(const struct volume *v, bool want_write, struct reason *why)
{
	if (!want_write || !v->is_read_only)
		return 0;
	fail(why, -EACCES, "the volume is read-only");
	reason_hint(why, "mount it without readOnly, or read with bpfd_map_read()");
	return -EACCES;
}

static bool lists_name(const char *names, const char *name, size_t n)
{
	while (names && *names) {
		size_t len = strcspn(names, ",");

		if (len == n && strncmp(names, name, n) == 0)
			return true;
		names += len + (names[len] == ',');
	}
	return false;
}

/* @ref: with what a pod may put before the name: the config, or a program that uses the map. */
static bool is_meant(const struct volume *v, const struct map *map, const char *ref)
{
	const char *slash = strrchr(ref, '/');
	size_t n = slash ? (size_t)(slash - ref) : 0;
	uint32_t id;

	if (!slash)
		return strcmp(ref, map->name) == 0 ||
		       (text_parse_u32(ref, &id) == 0 && id == map->id);
	if (strcmp(slash + 1, map->name) != 0)
		return false;
	return (strlen(v->config) == n && strncmp(ref, v->config, n) == 0) ||
	       lists_name(map->programs, ref, n);
}

static bool is_named(const struct volume *v, const char *ref)
{
	const char *slash = strrchr(ref, '/');
	const char *name = slash ? slash + 1 : ref;

	return lists_name(v->maps, name, strlen(name));
}

int volume_map_find(struct store *store, const struct volume *v, const char *ref, struct map *ret,
		    struct reason *why)
{
	_cleanup_(map_list_done) struct map_list list = {0};
	int r = volume_map_list(store, v, &list, why);

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		if (!is_meant(v, &list.items[i], ref))
			continue;
		*ret = list.items[i];
		list.items[i] = (struct map){0};
		return 0;
	}
	if (r < 0)
		return r;
	if (is_named(v, ref))
		return fail(why, -ENOENT, "map %s is not loaded", ref);
	fail(why, -EACCES, "map %.128s is not in this volume", ref);
	reason_hint(why, "it has: %s", v->maps);
	return -EACCES;
}

bool volume_is_for_pods(const struct map *map)
{
	return map_type_is_data(map->type) && !map->is_internal;
}

/* The next version of a program may have something else under the name of a map. */
static bool is_its(const struct volume *v, const struct map *map)
{
	return v->owner == VOLUME_ANYBODY ||
	       (map->owner_uid == v->owner && volume_is_for_pods(map));
}

int volume_map_list(struct store *store, const struct volume *v, struct map_list *ret,
		    struct reason *why)
{
	_cleanup_(map_list_done) struct map_list list = {0};
	char name[VOLUME_MAP_MAX + 1];
	const char *at = v->maps;

	while (volume_next_map(&at, name)) {
		struct map map = {0}, *to;
		int r = store_map_of(store, v->config, name, &map, why);

		if (r < 0)
			return r;
		to = r == 1 && is_its(v, &map)
			     ? array_add((void **)&list.items, &list.n, sizeof(struct map))
			     : NULL;
		if (r == 0 || !is_its(v, &map)) {
			map_done(&map);
			continue;
		}
		if (!to) {
			map_done(&map);
			return fail(why, -ENOMEM, "out of memory");
		}
		*to = map;
	}
	*ret = list;
	list = (struct map_list){0};
	return 0;
}
