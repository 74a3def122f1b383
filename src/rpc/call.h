/* SPDX-License-Identifier: Apache-2.0 */
/* One call as its handler sees it: who asks, what was sent, and the answer, now or later. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "rpc/status.h"

struct reason;
struct rpc_call;
struct rpc_method;

/* rpc_call_send() says -EAGAIN while a call has more than this queued. */
#define RPC_HIGH_WATER (256 * 1024)

/**
 * struct rpc_peer - who is at the other end; taken once, when the connection was accepted.
 * @uid, @gid: SO_PEERCRED: at the time of connect(2). 65534 when unmapped in our user namespace.
 * @pid:       racy, for the log only; 0 when it is outside our pid namespace.
 * @pidfd:     SO_PEERPIDFD (kernel ≥ 6.5), else -1; borrowed, open as long as the call.
 * @groups:    SO_PEERGROUPS: supplementary groups.
 */
struct rpc_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	int pidfd;
	gid_t *groups;
	size_t n_groups;
};

/**
 * struct rpc_trailer - one piece of metadata behind the messages.
 * @key:   lower case; a key that ends in "-bin" may carry any bytes (base64 on the wire), another
 *         one printable ASCII only (other bytes are dropped with the whole trailer).
 */
struct rpc_trailer {
	const char *key;
	const void *value;
	size_t len;
};

/**
 * struct rpc_result - how a call ends.
 * @message: UTF-8, percent-encoded on the wire; may be NULL.
 *
 * Trailers that exceed what the peer takes (its SETTINGS_MAX_HEADER_LIST_SIZE, 7 KiB when it said
 * nothing) are shortened from the front, so that a verifier log keeps its end, or dropped.
 */
struct rpc_result {
	enum rpc_code code;
	const char *message;
	const struct rpc_trailer *trailers;
	size_t n_trailers;
};

/* Called back in the thread of the server; may call rpc_call_finish(). */
typedef void rpc_call_fn(struct rpc_call *call, void *userdata);

/* C1: from the handler's start a call belongs to the handler until rpc_call_finish() (or _fail,
 * _reply), which every call gets exactly once, cancelled or not; until then the pointer is valid,
 * also when the connection is gone. All is for the server's own thread. */

/* Never NULL; borrowed until the call is finished. */
const struct rpc_peer *rpc_call_peer(const struct rpc_call *call);
const struct rpc_method *rpc_call_method(const struct rpc_call *call);

/* A number that is unique in this server, for the log. */
uint64_t rpc_call_id(const struct rpc_call *call);

/* Microseconds since the request's headers came. */
uint64_t rpc_call_age_us(const struct rpc_call *call);

/* The request message (protobuf bytes; may be empty, never NULL); borrowed until finished. */
const void *rpc_call_request(const struct rpc_call *call, size_t *ret_len);

/* A method with client streams (struct rpc_method) is started without a message: @on_message runs
 * for each one, which is the request until it returns, and once more when none will come. */
void rpc_call_on_message(struct rpc_call *call, rpc_call_fn *on_message);
bool rpc_call_has_all(const struct rpc_call *call);

/* Request metadata such as "traceparent", as it came; NULL when absent. Borrowed until finished. */
const char *rpc_call_metadata(const struct rpc_call *call, const char *key);

/* Whether nobody waits any more: deadline passed, reset by the client, connection gone. */
bool rpc_call_is_cancelled(const struct rpc_call *call);

/* 0 while not cancelled, then -ETIMEDOUT (deadline), -ECANCELED (client or shutdown). */
int rpc_call_cancel_reason(const struct rpc_call *call);

/* Callbacks, each may be NULL. @on_drain runs when, after an -EAGAIN, the queue is below the
 * high-water mark again; none runs after the call is finished or from inside a function of this
 * header. @userdata is also that of on_message. */
void rpc_call_watch(struct rpc_call *call, rpc_call_fn *on_cancel, rpc_call_fn *on_drain,
		    void *userdata);

/**
 * rpc_call_send() - queue one response message; a unary method sends one, a stream 0 to n.
 * @data: copied.
 *
 * Return: 0; -EAGAIN (queue above RPC_HIGH_WATER, nothing queued; on_drain will come), -ECANCELED
 * (nobody waits any more), -EMSGSIZE (above the server's bound), -ENOMEM.
 */
int rpc_call_send(struct rpc_call *call, const void *data, size_t len);

/* End the call; @result NULL is RPC_OK. What was sent before still goes out. The pointer is
 * invalid afterwards. */
void rpc_call_finish(struct rpc_call *call, const struct rpc_result *result);

/* End the call with the code of why->code, its text, and errno, hint and detail as trailers. */
void rpc_call_fail(struct rpc_call *call, const struct reason *why);

/* Send one message and end the call with RPC_OK (with the send's error if that failed). */
void rpc_call_reply(struct rpc_call *call, const void *data, size_t len);
