/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the wire form of protobuf: tags, varints, lengths. */
#include "rpc/standard/pb.h"

#include <errno.h>
#include <string.h>

static int get_varint(struct rpc_pb *pb, uint64_t *ret)
{
	uint64_t v = 0;
	unsigned int shift;

	for (shift = 0; shift < 64 && pb->p < pb->end; shift += 7) {
		v |= (uint64_t)(*pb->p & 0x7f) << shift;
		if (!(*pb->p++ & 0x80)) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

static int skip(struct rpc_pb *pb, uint64_t len, struct rpc_pb_field *field)
{
	if (len > (uint64_t)(pb->end - pb->p))
		return -EBADMSG;
	field->data = (const char *)pb->p;
	field->len = (size_t)len;
	pb->p += len;
	return 1;
}

int rpc_pb_next(struct rpc_pb *pb, struct rpc_pb_field *ret)
{
	uint64_t tag;

	*ret = (struct rpc_pb_field){0};
	if (pb->p == pb->end)
		return 0;
	if (get_varint(pb, &tag) < 0)
		return -EBADMSG;
	ret->number = tag >> 3;
	switch (tag & 7) {
	case 0:
		return get_varint(pb, &ret->value) < 0 ? -EBADMSG : 1;
	case 1:
		return skip(pb, 8, ret);
	case 2:
		if (get_varint(pb, &ret->value) < 0)
			return -EBADMSG;
		return skip(pb, ret->value, ret);
	case 5:
		return skip(pb, 4, ret);
	default:
		return -EBADMSG;
	}
}

bool rpc_pb_find(struct rpc_pb pb, uint64_t number, struct rpc_pb_field *ret)
{
	while (rpc_pb_next(&pb, ret) == 1)
		if (ret->number == number && ret->data)
			return true;
	return false;
}

static void put_varint(struct text *w, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;

	do {
		bytes[n++] = (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v > 0);
	text_add_bytes(w, bytes, n);
}

void rpc_pb_put_bytes(struct text *w, unsigned int number, const void *data, size_t len)
{
	put_varint(w, number << 3 | 2);
	put_varint(w, len);
	text_add_bytes(w, data, len);
}

void rpc_pb_put_value(struct text *w, unsigned int number, uint64_t value)
{
	put_varint(w, number << 3);
	put_varint(w, value);
}
