/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the life of a call inside the daemon: who asks, where it runs, how it is counted and logged.
 */
#include "daemon/calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/pipeline.h"
#include "daemon/request/read_map.h"
#include "daemon/request_log.h"
#include "daemon/status.h"
#include "daemon/volume/endpoints.h"
#include "daemon/worker.h"

#define STRANGER_REQUEST_MAX 65536

struct pending_call {
	struct task task;
	struct rpc_call *call;
	struct calls *calls;
	struct caller caller;
	struct work work;
	struct reason why;
	int result;
	atomic_bool is_cancelled;
};

static void fill_caller(const struct door *door, struct rpc_call *call, struct caller *ret)
{
	const struct rpc_peer *peer = rpc_call_peer(call);
	size_t n = peer->n_groups < JOB_GROUPS_MAX ? peer->n_groups : JOB_GROUPS_MAX;

	ret->identity.uid = peer->uid;
	ret->identity.gid = peer->gid;
	ret->identity.n_groups = n;
	if (n > 0)
		memcpy(ret->identity.groups, peer->groups, n * sizeof(gid_t));
	ret->pid = peer->pid;
	ret->volume = NULL;
	if (door->volume)
		auth_caller_pod(door->volume, ret);
	else if (door->is_agent)
		auth_caller_agent(door->calls->ctx->settings, ret);
	else
		ret->rights = auth_rights(door->calls->ctx->settings, &ret->identity);
}

static void account(struct calls *calls, const struct request_log *entry)
{
	struct method_counters *c = &calls->status->methods[entry->method - method_table];

	c->requests++;
	c->errors += entry->result < 0;
	c->latency_us_sum += entry->us;
	if (entry->us > c->latency_us_max)
		c->latency_us_max = entry->us;
	if (entry->result >= 0 || refusal_log_take(&calls->refusals, entry->caller))
		request_log_write(entry);
}

static void finish(struct pending_call *p)
{
	struct request_log entry = {.op = rpc_call_id(p->call),
				    .method = p->work.method,
				    .caller = &p->caller,
				    .program_id = p->work.program_id,
				    .link_id = p->work.link_id,
				    .result = p->result,
				    .us = rpc_call_age_us(p->call),
				    .why = p->why.text};

	account(p->calls, &entry);
	if (p->result < 0)
		rpc_call_fail(p->call, &p->why);
	else
		rpc_call_reply(p->call, p->work.response, p->work.response_len);
	free(p->work.response);
	reason_done(&p->why);
	free(p);
}

static void serve(struct pending_call *p, struct context *ctx)
{
	p->result = pipeline_serve(ctx, &p->work, &p->why);
	if (p->result < 0 && p->why.code == 0)
		fail(&p->why, p->result, "%s failed: %s", p->work.method->name,
		     strerror(-p->result));
}

static void run_in_worker(struct task *task, struct context *ctx)
{
	struct pending_call *p = (struct pending_call *)task;

	if (p->is_cancelled)
		p->result = fail(&p->why, -ECANCELED, "nobody waits for the answer any more");
	else
		serve(p, ctx);
}

/* Only requests that name an image of a registry take the way round by the threads that wait for
 * the network; strings travel as they are, so that a look at the bytes tells. */
static bool names_image(const struct work *work)
{
	static const char scheme[] = "image://";

	return memmem(work->request, work->request_len, scheme, strlen(scheme)) != NULL;
}

static void fetch_in_thread(struct task *task, struct context *ctx)
{
	struct pending_call *p = (struct pending_call *)task;

	if (p->is_cancelled)
		p->result = fail(&p->why, -ECANCELED, "nobody waits for the answer any more");
	else
		p->result = pipeline_fetch(ctx, &p->work, &p->why);
}

static void done_in_loop(struct task *task)
{
	struct pending_call *p = (struct pending_call *)task;

	/* The daemon ends and the task never ran. */
	if (p->result == 0 && !p->work.response)
		p->result = fail(&p->why, -ESHUTDOWN, "the daemon ends");
	/* Who is told that a volume is there finds its sockets served. */
	if (p->calls->endpoints && !p->calls->is_ending)
		endpoints_settle(p->calls->endpoints);
	finish(p);
}

/* The image is there, or cannot be had: on to the worker, or to the answer. */
static void fetched_in_loop(struct task *task)
{
	struct pending_call *p = (struct pending_call *)task;
	int r = p->result;

	p->task.run = run_in_worker;
	p->task.done = done_in_loop;
	if (r == 0 && p->calls->is_ending)
		r = fail(&p->why, -ESHUTDOWN, "the daemon ends");
	/* Once it is queued the task belongs to the worker's thread. */
	if (r == 0)
		r = worker_add(p->calls->worker, &p->task, &p->why);
	if (r < 0) {
		p->result = r;
		finish(p);
	}
}

static void on_cancel(struct rpc_call *call, void *userdata)
{
	struct pending_call *p = userdata;

	(void)call;
	p->is_cancelled = true;
}

static bool is_cancelled(void *userdata)
{
	struct pending_call *p = userdata;

	return p->is_cancelled;
}

/* Unpacked, a request may be twenty times as large: not for those who may do nothing. */
static int check_size(const struct caller *caller, struct rpc_call *call, struct reason *why)
{
	size_t len;

	rpc_call_request(call, &len);
	return caller->rights == RIGHT_NONE && len > STRANGER_REQUEST_MAX
		       ? fail(why, -E2BIG, "a request of %zu bytes; who has no rights has %d", len,
			      STRANGER_REQUEST_MAX)
		       : 0;
}

static void start_stream(const struct door *door, struct rpc_call *call,
			 const struct method *method)
{
	struct calls *calls = door->calls;
	_reason_ struct reason why = {0};
	struct caller caller;
	struct request_log entry = {.op = rpc_call_id(call), .method = method, .caller = &caller};

	fill_caller(door, call, &caller);
	entry.result = check_size(&caller, call, &why);
	if (entry.result == 0)
		entry.result = read_map_start(calls->ctx, &caller, method, call, &why);
	entry.us = rpc_call_age_us(call);
	entry.why = why.text;
	account(calls, &entry);
	if (entry.result < 0)
		rpc_call_fail(call, &why);
}

static void handle(struct rpc_call *call, void *userdata)
{
	struct door *door = userdata;
	struct calls *calls = door->calls;
	const struct method *method = rpc_call_method(call)->data;
	struct pending_call *p;
	int r;

	if (method->place == METHOD_STREAM) {
		start_stream(door, call, method);
		return;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		struct rpc_result no_memory = {RPC_RESOURCE_EXHAUSTED, "out of memory", NULL, 0};

		rpc_call_finish(call, &no_memory);
		return;
	}
	p->call = call;
	p->calls = calls;
	p->work.method = method;
	p->work.caller = &p->caller;
	p->work.status = calls->status;
	p->work.request = rpc_call_request(call, &p->work.request_len);
	fill_caller(door, call, &p->caller);
	p->result = check_size(&p->caller, call, &p->why);
	if (p->result == 0 && method->place == METHOD_IN_LOOP)
		serve(p, calls->ctx);
	if (p->result < 0 || method->place == METHOD_IN_LOOP) {
		finish(p);
		return;
	}
	p->task.run = run_in_worker;
	p->task.done = done_in_loop;
	if (method->fetch && names_image(&p->work)) {
		p->task.run = fetch_in_thread;
		p->task.done = fetched_in_loop;
	}
	p->work.is_cancelled = is_cancelled;
	p->work.cancel_data = p;
	rpc_call_watch(call, on_cancel, NULL, p);
	p->task.uid = p->caller.identity.uid;
	/* Who has no right does not even wait in the queue. */
	r = auth_check(&p->caller, method->needed, method->name, &p->why);
	/* Once it is queued the task belongs to the worker's thread. */
	if (r == 0)
		r = worker_add(p->task.done == fetched_in_loop || method->place == METHOD_IN_FETCHER
				       ? calls->fetchers
				       : calls->worker,
			       &p->task, &p->why);
	if (r < 0) {
		p->result = r;
		finish(p);
	}
}

int calls_init(struct calls *calls)
{
	calls->methods = calloc(method_count, sizeof(*calls->methods));
	if (!calls->methods)
		return -ENOMEM;
	for (size_t i = 0; i < method_count; i++) {
		char *path;

		if (asprintf(&path, METHOD_PREFIX "%s", method_table[i].name) < 0)
			return -ENOMEM;
		calls->methods[i] = (struct rpc_method){
			.path = path, .handle = handle, .data = &method_table[i]};
	}
	calls->main_door = (struct door){.calls = calls};
	calls->agent_door = (struct door){.calls = calls, .is_agent = true};
	return 0;
}

struct rpc_service calls_service(const struct calls *calls, struct door *door)
{
	return (struct rpc_service){
		.methods = calls->methods, .n_methods = method_count, .userdata = door};
}

void calls_done(struct calls *calls)
{
	for (size_t i = 0; calls->methods && i < method_count; i++)
		free((char *)(uintptr_t)calls->methods[i].path);
	free(calls->methods);
	calls->methods = NULL;
}
