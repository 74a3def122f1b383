/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the reading of a chain's statistics map. */
#include "daemon/reply/counters.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "chain/chain.h"
#include "daemon/context.h"
#include "daemon/paths/paths.h"
#include "daemon/reply/reply.h"
#include "daemon/request/request.h"
#include "hooks/ops.h"
#include "kernel/bpf.h"
#include "kernel/map.h"
#include "model/verdict.h"

/* One slot, all processors together. */
static int read_slot(struct request *rq, const struct chain *chain, uint32_t slot,
		     struct chain_counter *ret)
{
	uint32_t key = 0, cpus = map_cpus();
	_free_ struct chain_counters *all = calloc(cpus, sizeof(*all));
	paths_buf path;
	_close_ int fd =
		bpf_pin_open(paths_in_chain(rq->ctx->paths, chain, "stats", path), false, NULL);
	int r = all && fd >= 0 && slot < CHAIN_SLOTS_MAX ? bpf_map_lookup(fd, &key, all) : -1;

	if (r < 0)
		return r;
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		const struct chain_counter *c = &all[cpu].slots[slot];

		for (size_t i = 0; i < CHAIN_COUNTED_MAX; i++)
			ret->verdicts[i] += c->verdicts[i];
		ret->samples += c->samples;
		ret->time_ns += c->time_ns;
	}
	return 0;
}

static void add_verdict(struct request *rq, const char *name, uint64_t count,
			Bpfd__V1__Counters *to)
{
	Bpfd__V1__VerdictCount *v = request_message(rq, &bpfd__v1__verdict_count__descriptor);

	if (!v)
		return;
	v->verdict = request_string(rq, name);
	v->count = count;
	to->verdicts[to->n_verdicts++] = v;
}

Bpfd__V1__Counters *reply_counters(struct request *rq, const struct chain *chain,
				   const struct link *link)
{
	Bpfd__V1__Counters *to = request_message(rq, &bpfd__v1__counters__descriptor);
	const struct chain_rules *rules = hook_ops(link->kind)->rules();
	enum verdict_family family = hook_kind_info(link->kind)->verdicts;
	struct chain_counter sum = {0};

	if (!to || read_slot(rq, chain, link->slot, &sum) < 0)
		return NULL;
	to->verdicts = reply_array(rq, CHAIN_COUNTED_MAX);
	for (size_t i = 0; to->verdicts && i <= rules->n_counted && i < CHAIN_COUNTED_MAX; i++) {
		bool is_other = i == rules->n_counted;

		to->runs += sum.verdicts[i];
		if (sum.verdicts[i] > 0)
			add_verdict(rq,
				    is_other ? "other" : verdict_of_code(family, rules->counted[i]),
				    sum.verdicts[i], to);
	}
	to->samples = sum.samples;
	to->time_ns = sum.time_ns;
	return to;
}
