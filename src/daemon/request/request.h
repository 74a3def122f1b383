/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through the stages, and the table of methods. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/auth/auth.h"
#include "daemon/plan/plan.h"
#include "wire/bpfd.pb-c.h"
#include "wire/check.h"

struct context;
struct reason;
struct status;

/**
 * struct request - lives from decode to reply.
 * @in:      unpacked and checked, in @arena; of the method's input type.
 * @out:     what the method answers, in @arena.
 * @plan:    empty for methods that only read.
 * @status:  counters of the daemon for GetStatus; borrowed.
 */
struct request {
	struct context *ctx;
	const struct caller *caller;
	const struct method *method;
	struct wire_arena arena;
	const ProtobufCMessage *in;
	ProtobufCMessage *out;
	struct plan plan;
	const struct status *status;
	uint64_t now;	     /* seconds since 1970 */
	uint32_t program_id; /* for the log: what the request was about, 0 unknown */
	uint32_t link_id;
	bool (*is_cancelled)(void *userdata);
	void *cancel_data;
};

/* Where a method runs: reads in the loop; what changes something, or may block, in the worker, one
 * after the other; what waits for a network, in one of the threads for that. */
enum method_place { METHOD_IN_LOOP, METHOD_IN_WORKER, METHOD_STREAM, METHOD_IN_FETCHER };

/**
 * struct method - one row of the table; the table is the policy's vocabulary.
 * @needed: rights (enum right) that the caller must have.
 * @plan:   observe and plan; NULL for reads.
 * @reply:  fill .out after a successful run.
 * @fetch:  NULL, or have the images that the request names in the store, in a thread that may wait
 *          for the network, before the rest runs where .place says.
 */
struct method {
	const char *name;
	unsigned int needed;
	enum method_place place;
	const ProtobufCMessageDescriptor *input;
	int (*plan)(struct request *rq, struct reason *why);
	int (*reply)(struct request *rq, struct reason *why);
	int (*fetch)(struct request *rq, struct reason *why);
};

extern const struct method method_table[];
extern const size_t method_count;

/* "/bpfd.v1.Bpfd/" is in front of the names on the wire. */
#define METHOD_PREFIX "/bpfd.v1.Bpfd/"

/* A message of the arena, initialised; NULL when out of memory. */
void *request_message(struct request *rq, const ProtobufCMessageDescriptor *type);

/* A copy of a string in the arena; "" for NULL, also when out of memory (then .arena.is_full). */
char *request_string(struct request *rq, const char *s);

/* Checks at the end of a reply whether the arena sufficed. Return: 0 or -ENOMEM. */
int request_finish(struct request *rq, struct reason *why);
