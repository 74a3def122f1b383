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

int map_freeze(int fd)
{
	union bpf_attr attr = {.map_fd = (uint32_t)fd};

	return bpf_command(BPF_MAP_FREEZE, &attr, sizeof(attr.map_fd));
}
