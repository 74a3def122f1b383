/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of map types and the walk over a map's entries. */
#include "kernel/map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"

enum {
	IS_DATA = 1,	/* a descriptor gives access to data only */
	IS_PERCPU = 2,	/* a value for each possible CPU */
	IS_ITERABLE = 4 /* next key and lookup work */
};

/* Numbers of linux/bpf.h; behind what 6.1 has as numbers. */
static const struct {
	const char *name;
	unsigned int is;
} types[] = {
	[BPF_MAP_TYPE_HASH] = {"hash", IS_DATA | IS_ITERABLE},
	[BPF_MAP_TYPE_ARRAY] = {"array", IS_DATA | IS_ITERABLE},
	[BPF_MAP_TYPE_PROG_ARRAY] = {"prog_array", 0},
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = {"perf_event_array", 0},
	[BPF_MAP_TYPE_PERCPU_HASH] = {"percpu_hash", IS_DATA | IS_PERCPU | IS_ITERABLE},
	[BPF_MAP_TYPE_PERCPU_ARRAY] = {"percpu_array", IS_DATA | IS_PERCPU | IS_ITERABLE},
	[BPF_MAP_TYPE_STACK_TRACE] = {"stack_trace", IS_ITERABLE},
	[BPF_MAP_TYPE_CGROUP_ARRAY] = {"cgroup_array", 0},
	[BPF_MAP_TYPE_LRU_HASH] = {"lru_hash", IS_DATA | IS_ITERABLE},
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = {"lru_percpu_hash", IS_DATA | IS_PERCPU | IS_ITERABLE},
	[BPF_MAP_TYPE_LPM_TRIE] = {"lpm_trie", IS_DATA | IS_ITERABLE},
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = {"array_of_maps", IS_ITERABLE},
	[BPF_MAP_TYPE_HASH_OF_MAPS] = {"hash_of_maps", IS_ITERABLE},
	[BPF_MAP_TYPE_DEVMAP] = {"devmap", IS_ITERABLE},
	[BPF_MAP_TYPE_SOCKMAP] = {"sockmap", 0},
	[BPF_MAP_TYPE_CPUMAP] = {"cpumap", IS_ITERABLE},
	[BPF_MAP_TYPE_XSKMAP] = {"xskmap", 0},
	[BPF_MAP_TYPE_SOCKHASH] = {"sockhash", 0},
	[BPF_MAP_TYPE_CGROUP_STORAGE] = {"cgroup_storage", 0},
	[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = {"reuseport_sockarray", 0},
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = {"percpu_cgroup_storage", IS_PERCPU},
	[BPF_MAP_TYPE_QUEUE] = {"queue", IS_DATA},
	[BPF_MAP_TYPE_STACK] = {"stack", IS_DATA},
	[BPF_MAP_TYPE_SK_STORAGE] = {"sk_storage", 0},
	[BPF_MAP_TYPE_DEVMAP_HASH] = {"devmap_hash", IS_ITERABLE},
	[BPF_MAP_TYPE_STRUCT_OPS] = {"struct_ops", 0},
	[BPF_MAP_TYPE_RINGBUF] = {"ringbuf", IS_DATA},
	[BPF_MAP_TYPE_INODE_STORAGE] = {"inode_storage", 0},
	[BPF_MAP_TYPE_TASK_STORAGE] = {"task_storage", 0},
	[BPF_MAP_TYPE_BLOOM_FILTER] = {"bloom_filter", IS_DATA},
	[BPF_MAP_TYPE_USER_RINGBUF] = {"user_ringbuf", IS_DATA},
	[32] = {"cgrp_storage", 0},
	[33] = {"arena", 0},
	[34] = {"insn_array", 0},
};

static unsigned int claims_of(uint32_t type)
{
	return type < array_size(types) ? types[type].is : 0;
}

const char *map_type_name(uint32_t type)
{
	return type < array_size(types) && types[type].name ? types[type].name : "unknown";
}

int map_type_parse(const char *name)
{
	for (size_t type = 0; type < array_size(types); type++)
		if (types[type].name && strcmp(types[type].name, name) == 0)
			return (int)type;
	return -EINVAL;
}

bool map_type_is_data(uint32_t type)
{
	return claims_of(type) & IS_DATA;
}

bool map_type_is_percpu(uint32_t type)
{
	return claims_of(type) & IS_PERCPU;
}

bool map_type_is_iterable(uint32_t type)
{
	return claims_of(type) & IS_ITERABLE;
}

/* The list is "0-3" or "0,2-5": the highest number counts, as the kernel's per-CPU copies do. */
uint32_t map_cpus(void)
{
	int fd _close_ = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
	char list[256];
	ssize_t n;
	char *last;

	n = fd < 0 ? -1 : read(fd, list, sizeof(list) - 1);
	if (n > 0) {
		list[n] = '\0';
		last = list + strcspn(list, "\n");
		while (last > list && last[-1] >= '0' && last[-1] <= '9')
			last--;
		return (uint32_t)strtoul(last, NULL, 10) + 1;
	}
	n = sysconf(_SC_NPROCESSORS_CONF);
	return n > 0 ? (uint32_t)n : 1;
}

size_t map_value_bytes(uint32_t type, uint32_t value_size)
{
	if (!map_type_is_percpu(type))
		return value_size;
	return (((size_t)value_size + 7) & ~(size_t)7) * map_cpus();
}

/**
 * struct map_cursor - a map being read; buffers owned.
 * @scratch: the kernel copies whole values, so it is as large as one.
 */
struct map_cursor {
	int fd;
	struct bpf_map_info info;
	size_t value_len;
	uint32_t cpus;
	void *key;
	void *next;
	void *value;
};

static void cursor_done(struct map_cursor *c)
{
	free(c->key);
	free(c->next);
	free(c->value);
}

static int refuse_type(const struct bpf_map_info *info, struct reason *why)
{
	int r = fail(why, -EOPNOTSUPP, "map %u (%.15s) is a %s and has no keys to read", info->id,
		     info->name, map_type_name(info->type));

	if (info->type == BPF_MAP_TYPE_RINGBUF)
		reason_hint(why, "consume it through its descriptor instead");
	return r;
}

static int cursor_init(struct map_cursor *c, int fd, struct reason *why)
{
	int r = bpf_map_info(fd, &c->info);

	if (r < 0)
		return fail(why, r, "cannot ask about a map: %s", strerror(-r));
	if (!map_type_is_iterable(c->info.type))
		return refuse_type(&c->info, why);
	c->fd = fd;
	c->value_len = map_value_bytes(c->info.type, c->info.value_size);
	if (map_type_is_percpu(c->info.type))
		c->cpus = (uint32_t)(c->value_len / ((c->info.value_size + 7u) & ~7u));
	c->key = malloc(c->info.key_size);
	c->next = malloc(c->info.key_size);
	c->value = calloc(1, c->value_len);
	return c->key && c->next && c->value ? 0 : -ENOMEM;
}

/* Look @key up and show it. Return: what @each returned, -ENOENT when it is gone. */
static int cursor_show(const struct map_cursor *c, const void *key, map_each_fn each, void *arg)
{
	struct map_entry entry = {.key = key,
				  .key_len = c->info.key_size,
				  .value = c->value,
				  .value_len = c->value_len,
				  .cpus = c->cpus};
	int r = bpf_map_lookup(c->fd, key, c->value);

	return r < 0 ? r : each(&entry, arg);
}

int map_read(int fd, uint32_t limit, map_each_fn each, void *arg, struct reason *why)
{
	_cleanup_(cursor_done) struct map_cursor c = {0};
	uint32_t shown = 0;
	int r = cursor_init(&c, fd, why);

	if (r < 0)
		return r;
	r = bpf_map_next_key(fd, NULL, c.key);
	/* a key deleted behind our back starts the walk anew, so the steps are bounded too */
	for (uint64_t steps = 0; r == 0 && steps < 2ull * c.info.max_entries; steps++) {
		int more = bpf_map_next_key(fd, c.key, c.next);
		void *swap = c.key;

		r = cursor_show(&c, c.key, each, arg);
		if (r == 0 && (++shown == c.info.max_entries || shown == limit))
			return 0;
		if (r != 0 && r != -ENOENT)
			return r;
		c.key = c.next;
		c.next = swap;
		r = more;
	}
	if (r < 0 && r != -ENOENT)
		return fail(why, r, "cannot read map %u (%.15s): %s", c.info.id, c.info.name,
			    strerror(-r));
	return 0;
}

int map_read_one(int fd, const void *key, size_t key_len, map_each_fn each, void *arg,
		 struct reason *why)
{
	_cleanup_(cursor_done) struct map_cursor c = {0};
	int r = cursor_init(&c, fd, why);

	if (r < 0)
		return r;
	if (key_len != c.info.key_size)
		return fail(why, -EINVAL, "map %u (%.15s) has keys of %u bytes, not %zu", c.info.id,
			    c.info.name, c.info.key_size, key_len);
	r = cursor_show(&c, key, each, arg);
	if (r == -ENOENT)
		return fail(why, r, "map %u (%.15s) has no such key", c.info.id, c.info.name);
	return r;
}
