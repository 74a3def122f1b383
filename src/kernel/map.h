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

/* From now on no user space writes it (5.2). */
int map_freeze(int fd);
