/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of maps.sock (SOCK_SEQPACKET): one fixed request, one fixed reply, the map's
 * descriptor beside it. All numbers in host order: it never leaves the machine. */
#pragma once

#include <stdint.h>

#define MAPS_SOCKET_NAME    "maps.sock"
#define MAPS_SOCKET_MAGIC   0x4250464du /* "BPFM" */
#define MAPS_SOCKET_VERSION 1u

#define MAPS_SOCKET_REF_SIZE  512
#define MAPS_SOCKET_TEXT_SIZE 512
#define MAPS_SOCKET_HINT_SIZE 256

enum maps_socket_flags {
	MAPS_SOCKET_WANT_WRITE = 1, /* a descriptor that may change the map; else a read-only one */
};

/**
 * struct maps_request - ask for the descriptor of one map; any number of them one after another.
 * @flags: enum maps_socket_flags; others are refused (-EINVAL).
 * @ref:   map id in decimal, "program/map" or "config/map"; NUL-terminated, zeroes behind.
 */
struct maps_request {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	char ref[MAPS_SOCKET_REF_SIZE];
};

/**
 * struct maps_reply
 * @error: 0, and one descriptor by SCM_RIGHTS; or -errno, @text, @hint and no descriptor.
 * @map_id, @type, @key_size, @value_size, @max_entries, @map_flags: as in struct bpf_map_info, so
 *         that a client needs no bpf(2) call for them.
 * @possible_cpus: number of values in an element of a per-CPU map.
 * @text, @hint: as in struct reason; NUL-terminated.
 *
 * A packet of another size, magic or version ends the connection.
 */
struct maps_reply {
	uint32_t magic;
	int32_t error;
	uint32_t map_id;
	uint32_t type;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t map_flags;
	uint32_t possible_cpus;
	char text[MAPS_SOCKET_TEXT_SIZE];
	char hint[MAPS_SOCKET_HINT_SIZE];
};

_Static_assert(sizeof(struct maps_request) == 12 + MAPS_SOCKET_REF_SIZE, "no padding");
_Static_assert(sizeof(struct maps_reply) == 36 + MAPS_SOCKET_TEXT_SIZE + MAPS_SOCKET_HINT_SIZE,
	       "no padding");
