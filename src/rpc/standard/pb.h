/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a protobuf message, one after the other: enough for the standard services. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A cursor over a message's bytes; borrowed. */
struct rpc_pb {
	const unsigned char *p;
	const unsigned char *end;
};

/* @data, @len: of a string, bytes or a message; @value: of the other kinds; else NULL and 0. */
struct rpc_pb_field {
	uint64_t number;
	uint64_t value;
	const char *data;
	size_t len;
};

static inline struct rpc_pb rpc_pb_of(const void *data, size_t len)
{
	const unsigned char *p = data;

	return (struct rpc_pb){p, p + len};
}

/* Return: 1 (@ret is set), 0 (end), -EBADMSG. */
int rpc_pb_next(struct rpc_pb *pb, struct rpc_pb_field *ret);

/* The first field of that number, as a string, bytes or message. */
bool rpc_pb_find(struct rpc_pb pb, uint64_t number, struct rpc_pb_field *ret);

void rpc_pb_put_bytes(struct text *w, unsigned int number, const void *data, size_t len);
void rpc_pb_put_value(struct text *w, unsigned int number, uint64_t value);
