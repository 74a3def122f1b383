/* SPDX-License-Identifier: Apache-2.0 */
/* For tests only: one pretended daemon, and what it answers to the lists. */
#pragma once

#include <stdint.h>

#include "wire/bpfd.pb-c.h"
#include "wire/check.h"

struct rpc_call;

/* What was applied under one name; @message lives in @memory. @first_id: of its programs. */
struct kept {
	struct wire_arena memory;
	Bpfd__V1__Config *message;
	uint32_t first_id;
	uint64_t generation;
	struct kept *next;
};

/* @index: of its socket. */
struct fake {
	unsigned int index;
	uint32_t last_id;
	struct kept *configs;
};

/* The memory, or the end of the process. */
void *fake_need(void *memory);

#define NEW(arena, n, type)                                                                        \
	((type *)fake_need(wire_arena_alloc((arena), (n) ? (n) : 1, sizeof(type))))

/* Text that lives as long as @arena. */
__attribute__((format(printf, 2, 3))) char *fake_words(struct wire_arena *arena, const char *format,
						       ...);

/* Send @message and end the call. */
void fake_answer(struct rpc_call *call, const ProtobufCMessage *message);

/* Handlers; @userdata is a struct fake. */
void fake_list_configs(struct rpc_call *call, void *userdata);
void fake_list_programs(struct rpc_call *call, void *userdata);
void fake_list_links(struct rpc_call *call, void *userdata);
void fake_list_maps(struct rpc_call *call, void *userdata);
void fake_list_hooks(struct rpc_call *call, void *userdata);
void fake_list_interfaces(struct rpc_call *call, void *userdata);
