/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the 5-byte prefix of gRPC messages: one flag byte, 32-bit length in network order. */
#include "rpc/message.h"

#include <errno.h>
#include <string.h>

static int read_head(struct rpc_message_reader *reader, const uint8_t **p, size_t *n)
{
	size_t take = RPC_MESSAGE_HEAD - reader->n_head;

	if (take > *n)
		take = *n;
	memcpy(reader->head + reader->n_head, *p, take);
	reader->n_head += take;
	*p += take;
	*n -= take;
	if (reader->n_head < RPC_MESSAGE_HEAD)
		return 0;
	if (reader->head[0])
		return reader->head[0] == 1 ? -EOPNOTSUPP : -EBADMSG;
	reader->want = (size_t)reader->head[1] << 24 | (size_t)reader->head[2] << 16 |
		       (size_t)reader->head[3] << 8 | reader->head[4];
	return reader->want > reader->max ? -EMSGSIZE : 0;
}

int rpc_message_feed(struct rpc_message_reader *reader, const uint8_t **p, size_t *n)
{
	size_t take;
	int r;

	if (reader->n_head < RPC_MESSAGE_HEAD) {
		r = read_head(reader, p, n);
		if (r < 0 || reader->n_head < RPC_MESSAGE_HEAD)
			return r;
	}
	take = reader->want - reader->body.len;
	if (take > *n)
		take = *n;
	text_add_bytes(&reader->body, *p, take);
	if (reader->body.r < 0)
		return reader->body.r;
	*p += take;
	*n -= take;
	return reader->body.len == reader->want;
}

char *rpc_message_take(struct rpc_message_reader *reader, size_t *ret_len)
{
	size_t len = reader->body.len;
	char *data = text_take(&reader->body);

	reader->n_head = 0;
	reader->want = 0;
	if (data)
		*ret_len = len;
	return data;
}

bool rpc_message_is_clean(const struct rpc_message_reader *reader)
{
	return reader->n_head == 0;
}

void rpc_message_done(struct rpc_message_reader *reader)
{
	text_done(&reader->body);
}

void rpc_message_put(struct text *w, const void *data, size_t len)
{
	unsigned char head[RPC_MESSAGE_HEAD] = {0, (unsigned char)(len >> 24),
						(unsigned char)(len >> 16),
						(unsigned char)(len >> 8), (unsigned char)len};

	text_add_bytes(w, head, sizeof(head));
	text_add_bytes(w, data, len);
}
