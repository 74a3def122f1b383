/* SPDX-License-Identifier: Apache-2.0 */
/* The nghttp2 callbacks: frames become calls; every rule about what a request may look like is
 * checked here, because nghttp2's own checks are off (see rpc_server_new()). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "rpc/exchange.h"
#include "rpc/header.h"
#include "rpc/standard/health.h"
#include "rpc/standard/reflection.h"

static int on_begin_headers(nghttp2_session *h2, const nghttp2_frame *frame, void *userdata)
{
	struct rpc_call *call;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	call = rpc_call_open(userdata, frame->hd.stream_id);
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id, call);
	return 0;
}

/* A header field that came; name and value are NUL-terminated by nghttp2 (and may hold NULs). */
struct field {
	const char *name, *value;
	size_t name_len, value_len;
};

static bool is_field_clean(const struct field *f)
{
	size_t i;

	for (i = 0; i < f->name_len; i++)
		if ((unsigned char)f->name[i] <= 0x20)
			return false;
	for (i = 0; i < f->value_len; i++)
		if ((unsigned char)f->value[i] < 0x20 && f->value[i] != '\t')
			return false;
	return true;
}

static bool has_name(const struct field *f, const char *name)
{
	return f->name_len == strlen(name) && memcmp(f->name, name, f->name_len) == 0;
}

static bool is_grpc_type(const struct field *f)
{
	static const char type[] = "application/grpc";
	size_t n = sizeof(type) - 1;

	return f->value_len >= n && memcmp(f->value, type, n) == 0 &&
	       (f->value_len == n || strchr("+;", f->value[n]));
}

static int take_field(struct rpc_call *call, const struct field *f)
{
	if (has_name(f, ":method")) {
		call->is_post = strcmp(f->value, "POST") == 0;
	} else if (has_name(f, ":path")) {
		if (!call->path)
			call->path = strdup(f->value);
		return call->path ? 0 : -ENOMEM;
	} else if (has_name(f, "content-type")) {
		call->is_grpc = is_grpc_type(f);
	} else if (has_name(f, "grpc-timeout")) {
		call->has_bad_timeout = rpc_header_parse_timeout(f->value, &call->timeout_ns) < 0;
		if (call->timeout_ns == 0)
			call->timeout_ns = 1;
	} else if (f->name[0] != ':' && !has_name(f, "te")) {
		text_add_bytes(&call->metadata, f->name, f->name_len + 1);
		text_add_bytes(&call->metadata, f->value, f->value_len + 1);
		return call->metadata.r;
	}
	return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *userdata)
{
	struct rpc_session *session = userdata;
	struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
	const struct field f = {(const char *)name, (const char *)value, name_len, value_len};

	(void)flags;
	if (!call || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	call->header_bytes += name_len + value_len + 32;
	if (call->header_bytes > session->server->options.header_max || !is_field_clean(&f))
		return 0;
	return take_field(call, &f) < 0 ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE : 0;
}

/* What is not gRPC gets a plain HTTP answer. */
static void answer_http(nghttp2_session *h2, struct rpc_call *call, const char *status)
{
	const nghttp2_nv nv = {(uint8_t *)":status", (uint8_t *)status, 7, 3, 0};

	call->is_answered = true;
	rpc_call_refuse(call, RPC_UNIMPLEMENTED, NULL);
	nghttp2_submit_response(h2, call->stream, &nv, 1, NULL);
}

static const struct rpc_method *find_method(struct rpc_call *call)
{
	const struct rpc_service *service = &call->session->listener->service;
	const char *path = call->path ? call->path : "";
	size_t i;

	call->handler_userdata = service->userdata;
	for (i = 0; i < service->n_methods; i++)
		if (strcmp(service->methods[i].path, path) == 0)
			return &service->methods[i];
	if (service->reflection && rpc_reflection_find(path)) {
		call->handler_userdata = (void *)(uintptr_t)service->reflection;
		return rpc_reflection_find(path);
	}
	call->handler_userdata = call->session->server->health;
	return rpc_health_find(path);
}

static bool is_over_held(const struct rpc_session *session)
{
	const struct rpc_server_options *o = &session->server->options;
	size_t user_max = session->peer.uid == 0 ? o->held_max : o->held_max / 4;

	return session->held > o->held_per_connection || session->user->held > user_max ||
	       session->server->stats.held_bytes > o->held_max;
}

static void check_headers(nghttp2_session *h2, struct rpc_call *call)
{
	const struct rpc_session *session = call->session;
	const struct rpc_server_options *o = &session->server->options;

	if (call->header_bytes > o->header_max) {
		rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED, "header list too large");
		return;
	}
	if (!call->is_post || !call->is_grpc) {
		answer_http(h2, call, call->is_post ? "415" : "405");
		return;
	}
	call->method = find_method(call);
	if (!call->method)
		rpc_call_refuse(call, RPC_UNIMPLEMENTED, "no such method on this socket");
	else if (call->has_bad_timeout)
		rpc_call_refuse(call, RPC_INTERNAL, "malformed grpc-timeout");
	else if (session->peer.uid != 0 && session->user->n_calls > o->calls_per_uid)
		rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED, "too many calls of this user");
	else if (is_over_held(session))
		rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED, "too much is queued; read first");
	free(call->path);
	call->path = NULL;
	if (call->is_ended)
		return;
	if (call->timeout_ns > 0)
		rpc_call_set_deadline(call);
	if (call->method->has_client_stream)
		rpc_call_start(call);
}

static void finish_request(struct rpc_call *call)
{
	if (call->is_ended)
		return;
	call->has_all = true;
	if (!rpc_message_is_clean(&call->reader))
		rpc_call_refuse(call, RPC_INTERNAL, "request ends inside a message");
	else if (call->is_started)
		rpc_call_deliver(call);
	else if (!call->request)
		rpc_call_refuse(call, RPC_UNIMPLEMENTED, "request without a message");
	else
		rpc_call_start(call);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *userdata)
{
	struct rpc_call *call;

	(void)userdata;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	call = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
	if (!call)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		check_headers(h2, call);
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		finish_request(call);
	return 0;
}

static void refuse_message(struct rpc_call *call, int error)
{
	if (error == -EOPNOTSUPP)
		rpc_call_refuse(call, RPC_UNIMPLEMENTED, "compressed messages are not supported");
	else if (error == -EMSGSIZE)
		rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED,
				"request larger than the message bound");
	else if (error == -ENOMEM)
		rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED, "out of memory");
	else
		rpc_call_refuse(call, RPC_INTERNAL, "malformed message frame");
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data,
		   size_t len, void *userdata)
{
	struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, stream);
	int r;

	(void)flags;
	while (call && !call->is_ended && len > 0) {
		if (call->request) {
			rpc_call_refuse(call, RPC_UNIMPLEMENTED, "more than one request message");
			return 0;
		}
		r = rpc_message_feed(&call->reader, &data, &len);
		if (r == 1) {
			call->request = rpc_message_take(&call->reader, &call->request_len);
			r = call->request ? 0 : -ENOMEM;
		}
		rpc_call_hold_input(call);
		if (r < 0)
			refuse_message(call, r);
		else if (is_over_held(userdata))
			rpc_call_refuse(call, RPC_RESOURCE_EXHAUSTED, "too many requests queued");
		else if (call->request && call->is_started)
			rpc_call_deliver(call);
	}
	return 0;
}

static int on_stream_close(nghttp2_session *h2, int32_t stream, uint32_t error, void *userdata)
{
	struct rpc_call *call = nghttp2_session_get_stream_user_data(h2, stream);

	(void)error;
	(void)userdata;
	if (!call)
		return 0;
	nghttp2_session_set_stream_user_data(h2, stream, NULL);
	rpc_call_lose(call);
	return 0;
}

/* Answered before the whole request came: tell the client to stop sending. */
static int on_frame_sent(nghttp2_session *h2, const nghttp2_frame *frame, void *userdata)
{
	(void)userdata;
	if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	if (nghttp2_session_get_stream_remote_close(h2, frame->hd.stream_id) == 0)
		nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
					  NGHTTP2_NO_ERROR);
	return 0;
}

void rpc_intake_register(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
}
