/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the memory of an answer. */
#include "lib/reply.h"

#include <errno.h>
#include <stdlib.h>

#include "rpc/client.h"

/* Unpacked, a list takes up to some ten times its bytes on the wire. */
#define ARENA_MAX ((size_t)16 * RPC_RESPONSE_MAX)

int reply_new(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
	      struct reply **ret)
{
	struct reply *reply = calloc(1, sizeof(*reply));
	ProtobufCMessage *message;
	int r;

	if (!reply)
		return -ENOMEM;
	reply->arena.max = ARENA_MAX;
	reply->log = "";
	r = wire_unpack(type, data, len, &reply->arena, &message);
	if (r < 0) {
		reply_free(reply);
		return r == -EBADMSG ? -EPROTO : r;
	}
	reply->message = message;
	*ret = reply;
	return 0;
}

void reply_free(struct reply *reply)
{
	if (!reply)
		return;
	wire_arena_done(&reply->arena);
	free(reply);
}
