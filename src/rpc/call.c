/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a call from its first header to its last trailer, and the handler's view of it. Does not
 * read or write the socket. */
#include "rpc/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "rpc/exchange.h"
#include "rpc/result.h"

static void hold(struct rpc_session *session, size_t more, size_t less)
{
	session->held = session->held + more - less;
	if (!session->server)
		return;
	session->user->held = session->user->held + more - less;
	session->server->stats.held_bytes += more;
	session->server->stats.held_bytes -= less;
}

static size_t out_left(const struct rpc_call *call)
{
	return call->out.len - call->out_off;
}

static void drop_output(struct rpc_call *call)
{
	size_t left = out_left(call);

	if (call->is_open)
		call->session->out_bytes -= left;
	hold(call->session, 0, left);
	text_done(&call->out);
	call->out_off = 0;
}

static void expire(void *userdata)
{
	rpc_call_abort(userdata, -ETIMEDOUT);
}

struct rpc_call *rpc_call_open(struct rpc_session *session, int32_t stream)
{
	struct rpc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->session = session;
	call->stream = stream;
	call->id = ++session->server->last_call_id;
	call->since_ns = rpc_now_ns();
	call->reader.max = session->server->options.message_max;
	call->is_open = true;
	call->deadline.fire = expire;
	call->deadline.userdata = call;
	call->next = session->calls;
	call->link = &session->calls;
	if (call->next)
		call->next->link = &call->next;
	session->calls = call;
	session->refs++;
	session->user->n_calls++;
	return call;
}

/* X1 */
static void release(struct rpc_call *call)
{
	struct rpc_session *session = call->session;

	if (call->is_open || (call->is_started && !call->is_finished))
		return;
	drop_output(call);
	hold(session, 0, call->in_held);
	if (session->server)
		session->user->n_calls--;
	rpc_message_done(&call->reader);
	text_done(&call->metadata);
	rpc_fields_free(call->end);
	free(call->request);
	free(call->path);
	free(call);
	session->refs--;
	rpc_session_reap(session);
}

void rpc_call_hold_input(struct rpc_call *call)
{
	size_t now = call->reader.body.len + call->request_len;

	hold(call->session, now, call->in_held);
	call->in_held = now;
}

void rpc_call_set_deadline(struct rpc_call *call)
{
	rpc_timer_set(&call->session->server->timers, &call->deadline,
		      call->since_ns + call->timeout_ns);
}

void rpc_call_start(struct rpc_call *call)
{
	call->is_started = true;
	call->session->server->stats.calls_running++;
	call->method->handle(call, call->handler_userdata);
}

static ssize_t read_output(nghttp2_session *h2, int32_t stream, uint8_t *buf, size_t length,
			   uint32_t *flags, nghttp2_data_source *source, void *userdata)
{
	struct rpc_call *call = source->ptr;
	size_t n = out_left(call);

	(void)userdata;
	if (n == 0 && !call->is_ended) {
		call->is_deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (n > length)
		n = length;
	if (n > 0)
		memcpy(buf, call->out.data + call->out_off, n);
	call->out_off += n;
	call->session->out_bytes -= n;
	hold(call->session, 0, n);
	if (out_left(call) > 0)
		return (ssize_t)n;
	drop_output(call);
	if (!call->is_ended)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
	if (call->end)
		nghttp2_submit_trailer(h2, stream, call->end->nv + 2, call->end->n - 2);
	else
		nghttp2_submit_trailer(h2, stream, rpc_fields_ok, 1);
	return (ssize_t)n;
}

/* Let nghttp2 ask for the data (and the trailers) of this call. */
static int offer_output(struct rpc_call *call)
{
	nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_output};
	nghttp2_session *h2 = call->session->h2;

	if (!call->is_answered) {
		call->is_answered = true;
		return nghttp2_submit_response(h2, call->stream, rpc_fields_head, 2, &provider);
	}
	if (!call->is_deferred)
		return 0;
	call->is_deferred = false;
	return nghttp2_session_resume_data(h2, call->stream);
}

static void reset(struct rpc_call *call, uint32_t code)
{
	drop_output(call);
	nghttp2_submit_rst_stream(call->session->h2, NGHTTP2_FLAG_NONE, call->stream, code);
}

static size_t fields_budget(const struct rpc_call *call)
{
	uint32_t max = nghttp2_session_get_remote_settings(call->session->h2,
							   NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE);

	return max == UINT32_MAX ? RPC_FIELDS_DEFAULT_SIZE : max;
}

static void set_ended(struct rpc_call *call, enum rpc_code code)
{
	struct rpc_server *server = call->session->server;

	call->is_ended = true;
	if (!server)
		return;
	rpc_timer_clear(&server->timers, &call->deadline);
	server->stats.calls_by_code[(unsigned int)code < _RPC_CODE_MAX ? code : RPC_UNKNOWN]++;
}

void rpc_call_end(struct rpc_call *call, const struct rpc_result *result)
{
	nghttp2_session *h2 = call->session->h2;
	int r;

	if (call->is_ended)
		return;
	set_ended(call, result->code);
	if (!call->is_open || !h2)
		return;
	if (result->code != RPC_OK || result->message || result->n_trailers > 0) {
		call->end = rpc_fields_new(result, fields_budget(call));
		if (!call->end) {
			reset(call, NGHTTP2_INTERNAL_ERROR);
			return;
		}
	}
	if (call->end && !call->is_answered && out_left(call) == 0) {
		call->is_answered = true;
		r = nghttp2_submit_response(h2, call->stream, call->end->nv, call->end->n, NULL);
	} else {
		r = offer_output(call);
	}
	if (r < 0)
		reset(call, NGHTTP2_INTERNAL_ERROR);
}

static void drop_request(struct rpc_call *call)
{
	free(call->request);
	call->request = NULL;
	call->request_len = 0;
	rpc_call_hold_input(call);
}

static void tell_cancelled(struct rpc_call *call, int cancel)
{
	if (!call->is_started || call->is_finished || call->cancel)
		return;
	call->cancel = cancel;
	if (call->wants_drain) {
		call->wants_drain = false;
		call->session->n_wanting--;
	}
	if (call->on_cancel)
		call->on_cancel(call, call->watch_userdata);
}

void rpc_call_deliver(struct rpc_call *call)
{
	if (call->on_message && !call->is_finished)
		call->on_message(call, call->watch_userdata);
	/* Still there: a stream is not closed from inside the callback of its own frame. */
	drop_request(call);
}

static void answer(struct rpc_call *call, enum rpc_code code, const char *message)
{
	const struct rpc_result result = {.code = code, .message = message};

	rpc_message_done(&call->reader);
	if (call->is_started)
		rpc_call_hold_input(call);
	else
		drop_request(call);
	rpc_call_end(call, &result);
}

void rpc_call_refuse(struct rpc_call *call, enum rpc_code code, const char *message)
{
	answer(call, code, message);
	tell_cancelled(call, -ECANCELED);
}

void rpc_call_abort(struct rpc_call *call, int cancel)
{
	bool is_deadline = cancel == -ETIMEDOUT;
	struct rpc_session *session = call->session;

	if (call->is_ended || call->cancel)
		return;
	if (out_left(call) > 0) {
		set_ended(call, is_deadline ? RPC_DEADLINE_EXCEEDED : RPC_UNAVAILABLE);
		reset(call, NGHTTP2_CANCEL);
	} else if (is_deadline) {
		answer(call, RPC_DEADLINE_EXCEEDED, "deadline exceeded");
	} else {
		answer(call, RPC_UNAVAILABLE, "the server is shutting down");
	}
	tell_cancelled(call, cancel);
	rpc_session_flush(session);
}

void rpc_call_lose(struct rpc_call *call)
{
	bool is_working;

	drop_output(call);
	call->is_open = false;
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	rpc_timer_clear(&call->session->server->timers, &call->deadline);
	if (!call->is_ended)
		set_ended(call, RPC_CANCELLED);
	is_working = call->is_started && !call->is_finished;
	/* The handler may finish, and so free it. */
	tell_cancelled(call, -ECANCELED);
	if (!is_working)
		release(call);
}

bool rpc_call_drain(struct rpc_session *session)
{
	struct rpc_call *call = session->calls;
	bool has_run = false;

	while (call && session->n_wanting > 0) {
		if (!call->wants_drain || out_left(call) > RPC_HIGH_WATER) {
			call = call->next;
			continue;
		}
		call->wants_drain = false;
		session->n_wanting--;
		has_run = true;
		if (call->on_drain)
			call->on_drain(call, call->watch_userdata);
		/* The list may have changed. */
		call = session->calls;
	}
	return has_run;
}

const struct rpc_peer *rpc_call_peer(const struct rpc_call *call)
{
	return &call->session->peer;
}

const struct rpc_method *rpc_call_method(const struct rpc_call *call)
{
	return call->method;
}

uint64_t rpc_call_id(const struct rpc_call *call)
{
	return call->id;
}

uint64_t rpc_call_age_us(const struct rpc_call *call)
{
	return (rpc_now_ns() - call->since_ns) / 1000;
}

const void *rpc_call_request(const struct rpc_call *call, size_t *ret_len)
{
	*ret_len = call->request_len;
	return call->request ? call->request : "";
}

void rpc_call_on_message(struct rpc_call *call, rpc_call_fn *on_message)
{
	call->on_message = on_message;
}

bool rpc_call_has_all(const struct rpc_call *call)
{
	return call->has_all;
}

const char *rpc_call_metadata(const struct rpc_call *call, const char *key)
{
	const char *p = call->metadata.data, *end = p + call->metadata.len, *value;

	for (; p && p < end; p = value + strlen(value) + 1) {
		value = p + strlen(p) + 1;
		if (strcmp(p, key) == 0)
			return value;
	}
	return NULL;
}

bool rpc_call_is_cancelled(const struct rpc_call *call)
{
	return call->cancel < 0;
}

int rpc_call_cancel_reason(const struct rpc_call *call)
{
	return call->cancel;
}

void rpc_call_watch(struct rpc_call *call, rpc_call_fn *on_cancel, rpc_call_fn *on_drain,
		    void *userdata)
{
	call->on_cancel = on_cancel;
	call->on_drain = on_drain;
	call->watch_userdata = userdata;
}

/* What was sent no longer counts: keep the queue from growing at its front. */
static void compact_output(struct rpc_call *call)
{
	size_t left = out_left(call);

	if (call->out_off < RPC_HIGH_WATER / 4 || call->out_off < left)
		return;
	memmove(call->out.data, call->out.data + call->out_off, left);
	call->out.len = left;
	call->out_off = 0;
}

static int queue(struct rpc_call *call, const void *data, size_t len)
{
	struct rpc_session *session = call->session;
	size_t before;

	if (call->cancel || call->is_ended || !call->is_open || !session->h2)
		return -ECANCELED;
	if (len > session->server->options.message_max)
		return -EMSGSIZE;
	if (out_left(call) > RPC_HIGH_WATER) {
		if (!call->wants_drain)
			session->n_wanting++;
		call->wants_drain = true;
		return -EAGAIN;
	}
	compact_output(call);
	before = call->out.len;
	rpc_message_put(&call->out, data, len);
	if (call->out.r < 0) {
		call->out.len = before;
		call->out.r = 0;
		return -ENOMEM;
	}
	session->out_bytes += RPC_MESSAGE_HEAD + len;
	hold(session, RPC_MESSAGE_HEAD + len, 0);
	return offer_output(call) < 0 ? -ENOMEM : 0;
}

int rpc_call_send(struct rpc_call *call, const void *data, size_t len)
{
	int r = queue(call, data, len);

	if (r == 0)
		rpc_session_flush(call->session);
	return r;
}

void rpc_call_finish(struct rpc_call *call, const struct rpc_result *result)
{
	const struct rpc_result ok = {.code = RPC_OK};
	struct rpc_session *session = call->session;

	if (call->wants_drain) {
		call->wants_drain = false;
		session->n_wanting--;
	}
	if (session->server)
		session->server->stats.calls_running--;
	rpc_call_end(call, result ? result : &ok);
	call->on_cancel = NULL;
	call->on_drain = NULL;
	call->on_message = NULL;
	if (!call->is_open) {
		call->is_finished = true;
		release(call);
		return;
	}
	call->is_finished = true;
	rpc_session_flush(session);
}

void rpc_call_fail(struct rpc_call *call, const struct reason *why)
{
	int code = why->code < 0 ? why->code : -EIO;
	char number[12];
	struct rpc_trailer trailers[3] = {{RPC_TRAILER_ERRNO, number, 0}};
	struct rpc_result result = {rpc_code_from_errno(code), why->text, trailers, 1};

	trailers[0].len = (size_t)snprintf(number, sizeof(number), "%d", -code);
	if (why->hint[0])
		trailers[result.n_trailers++] =
			(struct rpc_trailer){RPC_TRAILER_HINT, why->hint, strlen(why->hint)};
	if (why->detail && why->detail[0])
		trailers[result.n_trailers++] =
			(struct rpc_trailer){RPC_TRAILER_DETAIL, why->detail, strlen(why->detail)};
	rpc_call_finish(call, &result);
}

void rpc_call_reply(struct rpc_call *call, const void *data, size_t len)
{
	struct rpc_result result = {.code = RPC_OK};
	/* One send(2) for message and trailers: the client wakes up once. */
	int r = queue(call, data, len);

	if (r < 0) {
		result.code = rpc_code_from_errno(r);
		result.message = r == -EMSGSIZE ? "reply larger than the message bound"
						: "reply could not be queued";
	}
	rpc_call_finish(call, &result);
}
