/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf bytes to messages and back, with the bounds that foreign bytes must keep. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct reason;

#define WIRE_STRING_MAX	  4096
#define WIRE_REPEATED_MAX 1024

/**
 * struct wire_arena - memory of the messages of one call; zeroed before use (.max apart).
 * @max:  bytes it may take in all, so that 4 MiB of tiny entries do not become hundreds; 0: 64 MiB.
 * @used: bytes taken so far.
 */
struct wire_arena {
	size_t max;
	size_t used;
	bool is_full; /* something did not fit */
	struct wire_block *blocks;
};

void wire_arena_done(struct wire_arena *arena);

/* Zeroed memory that lives as long as the arena; NULL above .max or when memory is out. */
void *wire_arena_alloc(struct wire_arena *arena, size_t n, size_t size);

#define _wire_arena_ _cleanup_(wire_arena_done)

/**
 * wire_unpack() - decode @len bytes as a message of @type.
 * @ret: lives in @arena; never freed by itself.
 *
 * Return: 0, -EBADMSG (not such a message), -ENOMEM (above the arena's bound).
 */
int wire_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
		struct wire_arena *arena, ProtobufCMessage **ret);

/**
 * wire_check() - what every message of a client must keep, whatever its type.
 *
 * Strings are UTF-8 without control characters and at most WIRE_STRING_MAX bytes, repeated fields
 * have at most WIRE_REPEATED_MAX elements. The text names the field ("programs[2]: entry: …").
 *
 * Return: 0, -EINVAL (text), -E2BIG (count, length).
 */
int wire_check(const ProtobufCMessage *message, struct reason *why);

/* Encode; @ret: heap, never NULL on success. Return: 0 or -ENOMEM. */
int wire_pack(const ProtobufCMessage *message, void **ret, size_t *ret_len);
