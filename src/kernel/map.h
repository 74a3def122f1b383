/* SPDX-License-Identifier: Apache-2.0 */
/* Types of maps, who may have their descriptors, and reading all entries. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

/* "percpu_array" as bpftool has it; "type 99" is "unknown". */
const char *map_type_name(uint32_t type);

/* The type of a name, or -EINVAL. */
int map_type_parse(const char *name);

/*
 * May a descriptor leave the daemon without the admin right? Data only: arrays, hashes, LRU, LPM,
 * ring buffers, stack, queue, bloom. Not what holds programs, devices, sockets or maps.
 */
bool map_type_is_data(uint32_t type);

bool map_type_is_percpu(uint32_t type);

/* Can its entries be read one after the other by key? */
bool map_type_is_iterable(uint32_t type);

/* Number of possible CPUs (not only those online); at least 1. */
uint32_t map_cpus(void);

/* Bytes of a value as bpf(2) copies it: per-CPU maps have one for each possible CPU, rounded up to
 * 8. */
size_t map_value_bytes(uint32_t type, uint32_t value_size);

/**
 * struct map_entry - one entry, valid only during the call.
 * @cpus: number of values in @value, each rounded up to 8 bytes; 0 when the map is not per-CPU.
 */
struct map_entry {
	const void *key;
	size_t key_len;
	const void *value;
	size_t value_len;
	uint32_t cpus;
};

typedef int (*map_each_fn)(const struct map_entry *entry, void *arg);

/**
 * map_read() - call @each for every entry until it returns non-zero (then that is returned).
 * @limit: at most so many entries, 0: all.
 *
 * A table that changes meanwhile may show an entry twice or miss one, but the reading ends: never
 * more than max_entries are shown.
 *
 * Return: 0, -EOPNOTSUPP (a type without keys; text says what to do), -errno of bpf(2).
 */
int map_read(int fd, uint32_t limit, map_each_fn each, void *arg, struct reason *why);

/* One key. -ENOENT, -EINVAL (@key_len is not the map's). */
int map_read_one(int fd, const void *key, size_t key_len, map_each_fn each, void *arg,
		 struct reason *why);
