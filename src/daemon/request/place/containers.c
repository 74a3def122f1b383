/* SPDX-License-Identifier: Apache-2.0 */
/* FindContainers: which containers have a process here. */
#include <errno.h>

#include "base/reason.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/request/request.h"
#include "kernel/container/container.h"
#include "model/config/target.h"

static int look_for(const Bpfd__V1__FindContainersRequest *in, struct container *containers,
		    struct reason *why)
{
	for (size_t i = 0; i < in->n_ids; i++) {
		containers[i].id = target_container_id(in->ids[i]);
		if (!containers[i].id)
			return fail(why, -EINVAL, "\"%.64s\" is not the id of a container",
				    in->ids[i]);
	}
	return container_find(containers, in->n_ids, why);
}

int containers_find_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__FindContainersRequest *in = (const Bpfd__V1__FindContainersRequest *)rq->in;
	Bpfd__V1__FindContainersResponse *out =
		request_message(rq, &bpfd__v1__find_containers_response__descriptor);
	struct container *containers =
		wire_arena_alloc(&rq->arena, in->n_ids + 1, sizeof(*containers));
	int r;

	if (!out || !containers || !(out->containers = reply_array(rq, in->n_ids)))
		return fail(why, -ENOMEM, "out of memory");
	r = look_for(in, containers, why);
	for (size_t i = 0; r == 0 && i < in->n_ids; i++) {
		Bpfd__V1__Container *m;

		if (containers[i].pid == 0)
			continue;
		m = request_message(rq, &bpfd__v1__container__descriptor);
		if (!m)
			return fail(why, -ENOMEM, "out of memory");
		m->id = request_string(rq, in->ids[i]);
		m->pid = (uint32_t)containers[i].pid;
		out->containers[out->n_containers++] = m;
	}
	rq->out = &out->base;
	return r < 0 ? r : request_finish(rq, why);
}
