/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a client: its connection, its calls, and what comes back for them. */
#pragma once

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/reason.h"
#include "base/text.h"
#include "rpc/client.h"
#include "rpc/message.h"

#define RPC_CLIENT_INPUT_SIZE (64 * 1024)

/* Trailers with a long verifier log; nghttp2 takes at most 64 KiB a value. */
#define RPC_CLIENT_HEADER_MAX (96 * 1024)

/* @dead: 0, or why no further call can be made. */
struct rpc_client {
	int fd;
	nghttp2_session *h2;
	struct text carry;
	size_t carry_off;
	int dead;
	enum rpc_code code;
	struct rpc_stream *streams;
	uint8_t input[RPC_CLIENT_INPUT_SIZE];
};

struct rpc_message {
	struct rpc_message *next;
	struct rpc_reply reply;
};

/**
 * struct rpc_stream
 * @unconsumed: bytes received of which the server was not told yet.
 * @is_closed:  HTTP/2 knows it no longer.
 * @is_ended:   the trailers are complete.
 * @said:       what they said.
 * @error:      of the transport or this client; it wins over @said.
 */
struct rpc_stream {
	struct rpc_client *client;
	int32_t id;
	uint64_t deadline_ns;
	int timeout_ms;
	struct text out;
	size_t out_off;
	struct rpc_message_reader reader;
	struct rpc_message *first, **last;
	size_t queued;
	size_t unconsumed;
	bool is_closed;
	bool is_ended;
	bool is_grpc;
	bool has_code;
	int http_status;
	enum rpc_code code;
	struct reason said;
	struct reason error;
	struct rpc_stream *next;
};

/* The nghttp2 callbacks that fill streams. */
void rpc_reply_register(nghttp2_session_callbacks *callbacks);

/* The first failure of transport or client wins. */
void rpc_reply_fail(struct rpc_stream *stream, int error, const char *text);

/* The same, and tell the server. */
void rpc_reply_reset(struct rpc_stream *stream, int error, const char *text);

/* Take the oldest message. Return: whether there was one. */
bool rpc_reply_take(struct rpc_stream *stream, struct rpc_reply *ret);

/* The outcome of an ended stream, as often as it is asked for. Return: 0 or -errno. */
int rpc_reply_outcome(struct rpc_stream *stream, struct reason *why);
