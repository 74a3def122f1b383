/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the arena and the generic walk over messages; knows no message type. */
#include "wire/check.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

#define ARENA_MAX   ((size_t)64 << 20)
#define BLOCK_SIZE  ((size_t)16 << 10)
#define ARENA_ALIGN alignof(max_align_t)

struct wire_block {
	struct wire_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) char data[];
};

void wire_arena_done(struct wire_arena *arena)
{
	while (arena->blocks) {
		struct wire_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	arena->used = 0;
}

static bool add_block(struct wire_arena *arena, size_t size)
{
	size_t max = arena->max ? arena->max : ARENA_MAX;
	struct wire_block *block;

	if (size > max || arena->used > max - size)
		return false;
	/* Large objects get their own block, small ones share; doubling keeps the blocks few. */
	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	if (size < arena->used && arena->used <= max / 2)
		size = arena->used;
	if (size > max - arena->used)
		size = max - arena->used;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return false;
	block->size = size;
	block->used = 0;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->used += size;
	return true;
}

static void *arena_take(struct wire_arena *arena, size_t size)
{
	void *p;

	if (size > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	if ((!arena->blocks || arena->blocks->size - arena->blocks->used < size) &&
	    !add_block(arena, size)) {
		arena->is_full = true;
		return NULL;
	}
	p = arena->blocks->data + arena->blocks->used;
	arena->blocks->used += size;
	return p;
}

void *wire_arena_alloc(struct wire_arena *arena, size_t n, size_t size)
{
	size_t total;
	void *p;

	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	p = arena_take(arena, total);
	if (p)
		memset(p, 0, total);
	return p;
}

static void *allocator_alloc(void *userdata, size_t size)
{
	return arena_take(userdata, size);
}

static void allocator_free(void *userdata, void *p)
{
	(void)userdata;
	(void)p;
}

int wire_unpack(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
		struct wire_arena *arena, ProtobufCMessage **ret)
{
	ProtobufCAllocator allocator = {allocator_alloc, allocator_free, arena};
	ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, len, data);

	if (!message)
		return arena->is_full ? -ENOMEM : -EBADMSG;
	*ret = message;
	return 0;
}

int wire_pack(const ProtobufCMessage *message, void **ret, size_t *ret_len)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	void *data = malloc(len ? len : 1);

	if (!data)
		return -ENOMEM;
	*ret_len = protobuf_c_message_pack(message, data);
	*ret = data;
	return 0;
}

/* The count of a repeated field, the case of a oneof. */
static size_t quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *p = (const char *)message + field->quantifier_offset;
	size_t n = 1;

	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		memcpy(&n, p, sizeof(n));
	else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		n = *(const uint32_t *)(const void *)p == field->id;
	return n;
}

static int check_string(const char *s, struct reason *why)
{
	if (strnlen(s, WIRE_STRING_MAX + 1) > WIRE_STRING_MAX)
		return fail(why, -E2BIG, "longer than %d bytes", WIRE_STRING_MAX);
	if (!text_is_clean(s, WIRE_STRING_MAX))
		return fail(why, -EINVAL, "not UTF-8, or has control characters");
	return 0;
}

static int check_element(const ProtobufCFieldDescriptor *field, const void *element,
			 struct reason *why)
{
	const void *value = *(const void *const *)element;

	if (!value)
		return 0;
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return check_string(value, why);
	return wire_check(value, why);
}

static int check_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
		       struct reason *why)
{
	const char *p = (const char *)message + field->offset;
	bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
	size_t n = quantifier(message, field);

	if (n > WIRE_REPEATED_MAX)
		return fail(why, -E2BIG, "%s: %zu elements, at most %d are taken", field->name, n,
			    WIRE_REPEATED_MAX);
	if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
		return 0;
	if (is_repeated && n > 0)
		p = *(const char *const *)(const void *)p;
	for (size_t i = 0; i < n; i++) {
		int r = check_element(field, p + i * sizeof(void *), why);

		if (r < 0 && is_repeated)
			reason_prefix(why, "%s[%zu]", field->name, i);
		else if (r < 0)
			reason_prefix(why, "%s", field->name);
		if (r < 0)
			return r;
	}
	return 0;
}

int wire_check(const ProtobufCMessage *message, struct reason *why)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;

	for (unsigned int i = 0; i < type->n_fields; i++) {
		int r = check_field(message, &type->fields[i], why);

		if (r < 0)
			return r;
	}
	return 0;
}
