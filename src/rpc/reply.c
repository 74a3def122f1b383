/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what comes back for a call: messages, trailers, the outcome. Does not touch the socket. */
#include "rpc/reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "rpc/header.h"

/* Complete messages that wait for their reader: above this the server is not told to go on. */
#define QUEUE_MAX (256 * 1024)

#define ERRNO_MAX 4095

void rpc_reply_fail(struct rpc_stream *stream, int error, const char *text)
{
	if (!stream->error.code)
		fail(&stream->error, error, "%s", text);
}

void rpc_reply_reset(struct rpc_stream *stream, int error, const char *text)
{
	rpc_reply_fail(stream, error, text);
	nghttp2_submit_rst_stream(stream->client->h2, NGHTTP2_FLAG_NONE, stream->id,
				  NGHTTP2_CANCEL);
}

static void set_long(char **ret, const uint8_t *value, size_t len)
{
	_free_ char *data = NULL;
	size_t n;

	if (*ret || base64_decode((const char *)value, len, &data, &n) < 0)
		return;
	if (strlen(data) == n && text_is_clean_multiline(data, RPC_CLIENT_HEADER_MAX))
		*ret = take_ptr(data);
}

static void set_message(struct reason *said, const char *value)
{
	_free_ char *message = strdup(value);
	char *p;

	if (!message)
		return;
	rpc_header_percent_decode(message);
	for (p = message; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	snprintf(said->text, sizeof(said->text), "%s", message);
}

static void set_hint(struct reason *said, const uint8_t *value, size_t len)
{
	_free_ char *hint = NULL;

	set_long(&hint, value, len);
	if (hint)
		snprintf(said->hint, sizeof(said->hint), "%s", hint);
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *userdata)
{
	struct rpc_stream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
	const char *key = (const char *)name, *text = (const char *)value;
	uint32_t number;

	(void)name_len;
	(void)flags;
	(void)userdata;
	if (!stream)
		return 0;
	if (strcmp(key, ":status") == 0) {
		stream->http_status = atoi(text);
	} else if (strcmp(key, "content-type") == 0) {
		stream->is_grpc = strncmp(text, "application/grpc", 16) == 0;
	} else if (strcmp(key, "grpc-status") == 0) {
		stream->has_code = text_parse_u32(text, &number) == 0;
		if (stream->has_code)
			stream->code = number < _RPC_CODE_MAX ? (enum rpc_code)number : RPC_UNKNOWN;
	} else if (strcmp(key, "grpc-message") == 0) {
		set_message(&stream->said, text);
	} else if (strcmp(key, RPC_TRAILER_ERRNO) == 0) {
		if (text_parse_u32(text, &number) == 0 && number > 0 && number <= ERRNO_MAX)
			stream->said.code = -(int)number;
	} else if (strcmp(key, RPC_TRAILER_HINT) == 0) {
		set_hint(&stream->said, value, value_len);
	} else if (strcmp(key, RPC_TRAILER_DETAIL) == 0) {
		set_long(&stream->said.detail, value, value_len);
	}
	return 0;
}

/* Tell the server to go on, unless enough waits to be read. */
static void consume(struct rpc_stream *stream)
{
	if (stream->is_closed || stream->queued > QUEUE_MAX || stream->unconsumed == 0)
		return;
	nghttp2_session_consume_stream(stream->client->h2, stream->id, stream->unconsumed);
	stream->unconsumed = 0;
}

static int queue_message(struct rpc_stream *stream)
{
	struct rpc_message *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->reply.data = rpc_message_take(&stream->reader, &m->reply.len);
	if (!m->reply.data) {
		free(m);
		return -ENOMEM;
	}
	*stream->last = m;
	stream->last = &m->next;
	stream->queued += m->reply.len + sizeof(*m);
	return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *data, size_t len,
		   void *userdata)
{
	struct rpc_stream *stream = nghttp2_session_get_stream_user_data(h2, id);
	size_t received = len;
	int r = 0;

	(void)flags;
	(void)userdata;
	nghttp2_session_consume_connection(h2, received);
	if (!stream)
		return 0;
	stream->unconsumed += received;
	while (len > 0 && r >= 0 && !stream->error.code) {
		r = rpc_message_feed(&stream->reader, &data, &len);
		if (r == 1)
			r = queue_message(stream);
	}
	if (r == -EMSGSIZE)
		rpc_reply_reset(stream, r, "the reply is larger than this client takes");
	else if (r == -ENOMEM)
		rpc_reply_reset(stream, r, "no memory for the reply");
	else if (r < 0)
		rpc_reply_reset(stream, -EPROTO, "malformed message frame in the reply");
	consume(stream);
	return 0;
}

static void check_end(struct rpc_stream *stream, uint32_t error)
{
	char text[64];

	if (stream->is_ended && stream->has_code)
		return;
	if (error == NGHTTP2_REFUSED_STREAM) {
		rpc_reply_fail(stream, -EPIPE, "the server is going away");
	} else if (error == NGHTTP2_CANCEL) {
		rpc_reply_fail(stream, -ECANCELED, "the server cancelled the call");
	} else if (stream->http_status && (stream->http_status != 200 || !stream->is_grpc)) {
		snprintf(text, sizeof(text), "the server answers HTTP %d, not gRPC",
			 stream->http_status);
		rpc_reply_fail(stream, -EPROTO, text);
	} else {
		snprintf(text, sizeof(text), "the server reset the call (HTTP/2 error %u)", error);
		rpc_reply_fail(stream, -EPROTO, text);
	}
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *userdata)
{
	struct rpc_stream *stream = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);

	(void)userdata;
	if (stream && frame->hd.type == NGHTTP2_HEADERS &&
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		stream->is_ended = stream->has_code;
	return 0;
}

static int on_stream_close(nghttp2_session *h2, int32_t id, uint32_t error, void *userdata)
{
	struct rpc_stream *stream = nghttp2_session_get_stream_user_data(h2, id);

	(void)userdata;
	if (!stream)
		return 0;
	nghttp2_session_set_stream_user_data(h2, id, NULL);
	check_end(stream, error);
	stream->is_closed = true;
	return 0;
}

/* A request that never went out (the server said GOAWAY meanwhile) has no stream to close. */
static int on_not_sent(nghttp2_session *h2, const nghttp2_frame *frame, int error, void *userdata)
{
	struct rpc_client *client = userdata;
	struct rpc_stream *stream = client->streams;

	(void)h2;
	(void)error;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	while (stream && stream->id != frame->hd.stream_id)
		stream = stream->next;
	if (!stream)
		return 0;
	rpc_reply_fail(stream, -EPIPE, "the server is going away");
	stream->is_closed = true;
	return 0;
}

void rpc_reply_register(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
}

bool rpc_reply_take(struct rpc_stream *stream, struct rpc_reply *ret)
{
	struct rpc_message *m = stream->first;

	if (!m)
		return false;
	stream->first = m->next;
	if (!stream->first)
		stream->last = &stream->first;
	stream->queued -= m->reply.len + sizeof(*m);
	*ret = m->reply;
	free(m);
	consume(stream);
	return true;
}

static int report(const struct reason *from, int error, struct reason *why)
{
	if (!why || why->text[0])
		return error;
	fail(why, error, "%s", from->text);
	if (from->hint[0])
		reason_hint(why, "%s", from->hint);
	if (from->detail)
		reason_detail_adopt(why, strdup(from->detail));
	return error;
}

int rpc_reply_outcome(struct rpc_stream *stream, struct reason *why)
{
	struct reason *said = &stream->said;

	if (!stream->error.code && stream->code == RPC_OK && !rpc_message_is_clean(&stream->reader))
		rpc_reply_fail(stream, -EPROTO, "the reply ends inside a message");
	if (stream->error.code) {
		stream->client->code = rpc_code_from_errno(stream->error.code);
		return report(&stream->error, stream->error.code, why);
	}
	stream->client->code = stream->code;
	if (stream->code == RPC_OK)
		return 0;
	if (!said->code)
		said->code = rpc_code_to_errno(stream->code);
	if (!said->text[0])
		snprintf(said->text, sizeof(said->text), "the server answers %s",
			 rpc_code_name(stream->code));
	return report(said, said->code, why);
}
