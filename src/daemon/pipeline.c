/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order of the stages; what they do is in the folders of their names. */
#include "daemon/pipeline.h"

#include <errno.h>
#include <time.h>

#include "base/reason.h"
#include "daemon/plan/build.h"
#include "daemon/run/run.h"
#include "daemon/volume/publish.h"

static void request_done(struct request *rq)
{
	plan_done(&rq->plan);
	wire_arena_done(&rq->arena);
}

static int decode(struct request *rq, const struct work *work, struct reason *why)
{
	ProtobufCMessage *in;
	int r = wire_unpack(work->method->input, work->request, work->request_len, &rq->arena, &in);

	if (r < 0)
		return fail(why, r == -ENOMEM ? r : -EINVAL, "the request is not a %s",
			    work->method->input->name);
	rq->in = in;
	return wire_check(in, why);
}

static int change(struct request *rq, struct reason *why)
{
	struct run run = {.ctx = rq->ctx,
			  .plan = &rq->plan,
			  .is_cancelled = rq->is_cancelled,
			  .userdata = rq->cancel_data};
	int r = rq->method->plan(rq, why);

	if (r == 0)
		r = run_plan(&run, why);
	/* Maps may have come and gone: pods shall see those of now. */
	if (r == 0 && rq->plan.n_steps > 0)
		volume_refresh_all(rq->ctx);
	return r;
}

int pipeline_serve(struct context *ctx, struct work *work, struct reason *why)
{
	_cleanup_(request_done) struct request rq = {
		.ctx = ctx,
		.caller = work->caller,
		.method = work->method,
		.status = work->status,
		.now = (uint64_t)time(NULL),
		.is_cancelled = work->is_cancelled,
		.cancel_data = work->cancel_data,
	};
	int r = auth_check(work->caller, work->method->needed, work->method->name, why);

	if (r == 0)
		r = decode(&rq, work, why);
	if (r == 0 && work->method->plan)
		r = change(&rq, why);
	if (r == 0)
		r = work->method->reply(&rq, why);
	if (r == 0 && wire_pack(rq.out, &work->response, &work->response_len) < 0)
		r = fail(why, -ENOMEM, "out of memory");
	work->program_id = rq.program_id;
	work->link_id = rq.link_id;
	return r;
}

int pipeline_fetch(struct context *ctx, const struct work *work, struct reason *why)
{
	_cleanup_(request_done) struct request rq = {
		.ctx = ctx,
		.caller = work->caller,
		.method = work->method,
	};
	int r = decode(&rq, work, why);

	return r < 0 ? r : work->method->fetch(&rq, why);
}
