/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon answered, behind every opaque handle, and the accessors over its messages. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/bpfd.pb-c.h"
#include "wire/check.h"

/**
 * struct reply - one unpacked answer and everything it points to.
 * @items, @n:             of a list: its elements.
 * @warnings, @n_warnings: what was said beside it.
 * @log:                   verifier log, or "".
 *
 * The public lists are this struct under other names; their elements are messages likewise.
 */
struct reply {
	struct wire_arena arena;
	const ProtobufCMessage *message;
	const void *const *items;
	size_t n;
	char *const *warnings;
	size_t n_warnings;
	const char *log;
};

/* Return: 0, -EPROTO (not a message of @type), -ENOMEM. */
int reply_new(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
	      struct reply **ret);

/* Accepts NULL. */
void reply_free(struct reply *reply);

/* Declare that the elements of a list are these. */
#define reply_set_items(reply, member, count)                                                      \
	((reply)->items = (const void *const *)(member), (reply)->n = (count))

/* count, get, free of a list. */
#define REPLY_LIST(noun, list)                                                                     \
	size_t bpfd_##list##_count(const struct bpfd_##list *x)                                    \
	{                                                                                          \
		return x ? ((const struct reply *)x)->n : 0;                                       \
	}                                                                                          \
	const struct bpfd_##noun *bpfd_##list##_get(const struct bpfd_##list *x, size_t i)         \
	{                                                                                          \
		const struct reply *reply = (const struct reply *)x;                               \
		return reply && i < reply->n ? reply->items[i] : NULL;                             \
	}                                                                                          \
	void bpfd_##list##_free(struct bpfd_##list *x)                                             \
	{                                                                                          \
		reply_free((struct reply *)x);                                                     \
	}

#define REPLY_WARNING(list)                                                                        \
	const char *bpfd_##list##_warning(const struct bpfd_##list *x, size_t i)                   \
	{                                                                                          \
		const struct reply *reply = (const struct reply *)x;                               \
		return reply && i < reply->n_warnings ? reply->warnings[i] : NULL;                 \
	}

/* The message behind a handle: an element of a list, or the whole answer. */
#define reply_element(type, x) ((const Bpfd__V1__##type *)(x))
#define reply_answer(type, x)                                                                      \
	((const Bpfd__V1__##type *)((x) ? ((const struct reply *)(x))->message : NULL))

/* bpfd_<noun>_<name>() is member @field of message @type; @from: element or answer. */
#define REPLY_NUMBER(from, ctype, noun, type, name, field)                                         \
	ctype bpfd_##noun##_##name(const struct bpfd_##noun *x)                                    \
	{                                                                                          \
		return x ? (ctype)reply_##from(type, x)->field : 0;                                \
	}

#define REPLY_TEXT(from, noun, type, name, field)                                                  \
	const char *bpfd_##noun##_##name(const struct bpfd_##noun *x)                              \
	{                                                                                          \
		return x ? reply_##from(type, x)->field : "";                                      \
	}

/* The i-th of a repeated field, or NULL. */
#define REPLY_ITEM(from, ctype, noun, type, name, field)                                           \
	ctype bpfd_##noun##_##name(const struct bpfd_##noun *x, size_t i)                          \
	{                                                                                          \
		const Bpfd__V1__##type *m = reply_##from(type, x);                                 \
		return m && i < m->n_##field ? (ctype)m->field[i] : NULL;                          \
	}

/* The i-th of a repeated message of two strings. */
#define REPLY_PAIR(noun, type, name, field, first, second)                                         \
	bool bpfd_##noun##_##name(const struct bpfd_##noun *x, size_t i, const char **ret_first,   \
				  const char **ret_second)                                         \
	{                                                                                          \
		const Bpfd__V1__##type *m = reply_element(type, x);                                \
		if (!m || i >= m->n_##field)                                                       \
			return false;                                                              \
		if (ret_first)                                                                     \
			*ret_first = m->field[i]->first;                                           \
		if (ret_second)                                                                    \
			*ret_second = m->field[i]->second;                                         \
		return true;                                                                       \
	}
