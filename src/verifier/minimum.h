/* SPDX-License-Identifier: Apache-2.0 */
/* The first kernel that has a helper, a map type or a program type. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* @name: as in linux/bpf.h without "BPF_MAP_TYPE_" and the like, lower case. */
struct minimum {
	uint16_t id;
	uint8_t major;
	uint8_t minor;
	const char *name;
};

/* NULL when the number is unknown. */
const struct minimum *minimum_helper(uint32_t id);
const struct minimum *minimum_map(uint32_t type);
const struct minimum *minimum_program(uint32_t type);

/* major << 16 | minor << 8 of the running kernel. */
uint32_t minimum_running(void);

/* Is @kernel (major << 16 | minor << 8) older than the thing? */
int minimum_is_missing(const struct minimum *m, uint32_t kernel);
