/* SPDX-License-Identifier: Apache-2.0 */
/* Length-prefixed gRPC messages out of a byte stream that comes in pieces. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define RPC_MESSAGE_HEAD 5

/**
 * struct rpc_message_reader - the message that is being put together.
 * @max:  bound of one message.
 * @body: its bytes so far; memory grows with what came, not with what was announced.
 */
struct rpc_message_reader {
	size_t max;
	unsigned char head[RPC_MESSAGE_HEAD];
	size_t n_head;
	size_t want;
	struct text body;
};

/**
 * rpc_message_feed() - take bytes until one message is complete.
 * @p, @n: advanced over what was taken.
 *
 * Return: 1 (complete: take reader->body with rpc_message_take()), 0 (all taken, more is needed),
 * -EOPNOTSUPP (compressed), -EBADMSG (bad flag byte), -EMSGSIZE, -ENOMEM.
 */
int rpc_message_feed(struct rpc_message_reader *reader, const uint8_t **p, size_t *n);

/* The complete message (heap, never NULL unless out of memory); the reader is ready for the next.
 */
char *rpc_message_take(struct rpc_message_reader *reader, size_t *ret_len);

/* Has nothing of a further message come? */
bool rpc_message_is_clean(const struct rpc_message_reader *reader);

void rpc_message_done(struct rpc_message_reader *reader);

/* Append head and body of one message. @len ≤ UINT32_MAX. */
void rpc_message_put(struct text *w, const void *data, size_t len);
