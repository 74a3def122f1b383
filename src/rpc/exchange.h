/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a call, and what connection and intake do with it. Handlers see rpc/call.h. */
#pragma once

#include "rpc/message.h"
#include "rpc/session.h"

struct rpc_fields;

/* X1: freed when its stream is closed and its handler, if it was started, has finished it.
 * @end: trailers, once ended with more than a bare RPC_OK. */
struct rpc_call {
	struct rpc_session *session;
	int32_t stream;
	uint64_t id;
	uint64_t since_ns;
	const struct rpc_method *method;
	void *handler_userdata;

	char *path; /* until the method is found */
	bool is_post;
	bool is_grpc;
	bool has_bad_timeout;
	uint64_t timeout_ns;
	size_t header_bytes;
	struct text metadata; /* key NUL value NUL ... */

	struct rpc_message_reader reader;
	char *request;
	size_t request_len;
	size_t in_held;

	struct text out;
	size_t out_off;
	struct rpc_fields *end;

	bool is_open;	  /* its stream is there */
	bool is_started;  /* the handler has it */
	bool is_finished; /* and gave it back */
	bool is_answered; /* response headers are submitted */
	bool is_ended;	  /* the result is fixed */
	bool is_deferred; /* nghttp2 waits for more data */
	bool wants_drain;
	bool has_all; /* the client sends no more */
	int cancel;
	rpc_call_fn *on_cancel;
	rpc_call_fn *on_drain;
	rpc_call_fn *on_message;
	void *watch_userdata;
	struct rpc_timer deadline;
	struct rpc_call *next;
	struct rpc_call **link;
};

/* A stream begins. NULL: out of memory. */
struct rpc_call *rpc_call_open(struct rpc_session *session, int32_t stream);

/* Run the handler: the request is complete, or its method has a client stream. */
void rpc_call_start(struct rpc_call *call);

/* Hand the request that came to the handler of a client stream, and drop it. */
void rpc_call_deliver(struct rpc_call *call);

/* Arm the deadline. */
void rpc_call_set_deadline(struct rpc_call *call);

/* Fix the result and queue the answer; the first result wins. */
void rpc_call_end(struct rpc_call *call, const struct rpc_result *result);

/* The same with a code and a text only; tells the handler if it still works. */
void rpc_call_refuse(struct rpc_call *call, enum rpc_code code, const char *message);

/* Account received bytes; the request and what comes are @in_held now. */
void rpc_call_hold_input(struct rpc_call *call);

/* End it without its handler: -ETIMEDOUT or -ECANCELED; tells the handler. */
void rpc_call_abort(struct rpc_call *call, int cancel);

/* Its stream is closed: tell the handler if it still works; frees the call if X1 allows. */
void rpc_call_lose(struct rpc_call *call);

/* Run on_drain of the calls that want it. Return: whether any ran. */
bool rpc_call_drain(struct rpc_session *session);
