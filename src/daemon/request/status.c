/* SPDX-License-Identifier: Apache-2.0 */
/* GetVersion and GetStatus. */
#include "daemon/status.h"

#include <errno.h>
#include <unistd.h>

#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/store/store.h"

static Bpfd__V1__Version *version(struct request *rq)
{
	Bpfd__V1__Version *v = request_message(rq, &bpfd__v1__version__descriptor);
	char release[65];

	if (!v)
		return NULL;
	kernel_release(release);
	v->version = request_string(rq, BPFD_VERSION);
	v->api = request_string(rq, "bpfd.v1");
	v->kernel = request_string(rq, release);
	return v;
}

int status_version_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__Version *v = version(rq);

	rq->out = v ? &v->base : NULL;
	return request_finish(rq, why);
}

static void add_methods(struct request *rq, Bpfd__V1__Status *out)
{
	out->methods = reply_array(rq, method_count);
	for (size_t i = 0; out->methods && i < method_count; i++) {
		const struct method_counters *c = &rq->status->methods[i];
		Bpfd__V1__MethodStatus *m =
			request_message(rq, &bpfd__v1__method_status__descriptor);

		if (!m)
			return;
		m->method = request_string(rq, method_table[i].name);
		m->requests = c->requests;
		m->errors = c->errors;
		m->latency_us_sum = c->latency_us_sum;
		m->latency_us_max = c->latency_us_max;
		out->methods[out->n_methods++] = m;
	}
}

static void add_features(struct request *rq, Bpfd__V1__Status *out)
{
	const struct kernel_features *kernel = &rq->status->kernel;

	out->features = reply_array(rq, _KERNEL_FEATURE_MAX);
	for (int i = 0; out->features && i < _KERNEL_FEATURE_MAX; i++)
		if (kernel->has[i])
			out->features[out->n_features++] =
				request_string(rq, kernel_feature_name((enum kernel_feature)i));
	out->warnings = reply_array(rq, 4);
	if (out->warnings && !kernel->has[KERNEL_PERF_LINK])
		out->warnings[out->n_warnings++] = request_string(
			rq,
			"links to tracepoints and uprobes cannot be pinned below kernel 5.15:"
			" a keeper process (or systemd) holds them over restarts of the daemon");
	if (out->warnings && !kernel->has[KERNEL_UNPRIVILEGED_MAP])
		out->warnings[out->n_warnings++] = request_string(
			rq,
			"below kernel 5.19 applications without CAP_BPF cannot use bpf(2) on map"
			" descriptors: mmap and ring buffers work, ReadMap does the rest");
}

int status_reply(struct request *rq, struct reason *why)
{
	Bpfd__V1__Status *out = request_message(rq, &bpfd__v1__status__descriptor);
	const struct paths *paths = rq->ctx->paths;
	int r;

	if (!out)
		return fail(why, -ENOMEM, "out of memory");
	out->version = version(rq);
	out->uptime_s = (uint64_t)(time(NULL) - rq->status->started);
	out->pid = (uint32_t)getpid();
	out->runtime_dir = request_string(rq, paths->runtime);
	out->state_dir = request_string(rq, paths->state);
	out->config = request_string(rq, paths->config);
	out->connections = rq->status->connections;
	r = store_counts(rq->ctx->store, &out->programs, &out->links, why);
	if (r < 0)
		return r;
	add_methods(rq, out);
	add_features(rq, out);
	rq->out = &out->base;
	return request_finish(rq, why);
}
