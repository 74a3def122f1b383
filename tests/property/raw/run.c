/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what members mean: run one after the other by the rules, and as a chain. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/reason.h"
#include "kernel/bpf.h"
#include "raw.h"

static int run(int fd, uint32_t type, struct packet *p, int32_t *ret)
{
	uint8_t out[PROPERTY_PACKET];
	union bpf_attr attr = {.test = {.prog_fd = (uint32_t)fd,
					.data_in = (uintptr_t)p->bytes,
					.data_size_in = p->len,
					.data_out = (uintptr_t)out,
					.data_size_out = sizeof(out),
					.repeat = 1}};
	struct __sk_buff *skb = (struct __sk_buff *)(void *)p->context;
	struct __sk_buff kept;
	int r;

	if (type == BPF_PROG_TYPE_SCHED_CLS) {
		attr.test.ctx_in = attr.test.ctx_out = (uintptr_t)p->context;
		attr.test.ctx_size_in = attr.test.ctx_size_out = sizeof(p->context);
	}
	r = bpf_command(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	if (r < 0)
		return r;
	*ret = (int32_t)attr.test.retval;
	p->len = attr.test.data_size_out;
	memset(p->bytes, 0, sizeof(p->bytes));
	memcpy(p->bytes, out, p->len);
	kept = *skb;
	memset(p->context, 0, sizeof(p->context));
	skb->mark = kept.mark;
	memcpy(skb->cb, kept.cb, sizeof(kept.cb));
	return 0;
}

static bool goes_on(const struct member *m, int32_t verdict)
{
	for (size_t i = 0; i < m->n_proceed_on; i++)
		if (m->proceed_on[i] == verdict)
			return true;
	return false;
}

static int32_t translate(const struct chain_rules *rules, int32_t verdict)
{
	for (size_t i = 0; i < rules->n_translations; i++)
		if (rules->translations[i].from == verdict)
			return rules->translations[i].to;
	return verdict;
}

static void count(const struct property_case *c, const struct member *m, int32_t verdict,
		  struct chain_counters *to)
{
	size_t i = 0;

	if (m->slot < 0)
		return;
	while (i < c->rules->n_counted && c->rules->counted[i] != verdict)
		i++;
	if (i >= CHAIN_COUNTED_MAX)
		i = CHAIN_COUNTED_MAX - 1;
	to->slots[m->slot].verdicts[i]++;
	if ((c->ticks + 1) % CHAIN_SAMPLE == 0)
		to->slots[m->slot].samples++;
}

int run_plainly(const struct property_case *c, struct outcome *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	ret->packet = c->packet;
	ret->verdict = c->rules->end;
	ret->counters.ticks = c->ticks * c->pool->n_cpus;
	pool_write(c->pool, &c->values);
	for (i = 0; i < c->n; i++)
		if (c->members[i].slot >= 0)
			ret->counters.ticks = c->ticks * c->pool->n_cpus + 1;
	for (i = 0; i < c->n; i++) {
		const struct member *m = &c->members[i];
		int32_t verdict;
		int r = run(m->fd, c->rules->program_type, &ret->packet, &verdict);

		if (r < 0)
			return r;
		ret->n_run++;
		ret->n_counted += m->slot >= 0;
		count(c, m, verdict, &ret->counters);
		if (goes_on(m, verdict))
			continue;
		ret->verdict = translate(c->rules, verdict);
		break;
	}
	pool_read(c->pool, &ret->values);
	return 0;
}

int run_chain(const struct property_case *c, const struct chain_loaded *loaded, struct outcome *ret)
{
	int fd = loaded->mode == CHAIN_DIRECT ? c->members[0].fd : loaded->program_fds[0];
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->packet = c->packet;
	pool_write(c->pool, &c->values);
	pool_write_ticks(c->pool, c->ticks);
	r = run(fd, c->rules->program_type, &ret->packet, &ret->verdict);
	if (r < 0)
		return r;
	pool_read(c->pool, &ret->values);
	pool_read_counters(c->pool, &ret->counters);
	return 0;
}

static int open_map(void *arg, uint32_t key, struct reason *why)
{
	const struct property_case *c = arg;

	(void)why;
	if (key <= CODE_MAPS)
		return fcntl(c->pool->fds[key - 1], F_DUPFD_CLOEXEC, 3);
	for (size_t i = 0; i < c->n; i++)
		if (c->members[i].maps[CODE_ARRAY].key == key)
			return fcntl(c->members[i].array_fd, F_DUPFD_CLOEXEC, 3);
	return -ENOENT;
}

int run_load(const struct property_case *c, struct chain_loaded *ret, struct reason *why)
{
	struct chain_member list[PROPERTY_MEMBERS];
	struct chain_load wish = {.rules = c->rules,
				  .limits = &c->limits,
				  .members = list,
				  .n_members = c->n,
				  .map_fd = open_map,
				  .arg = (void *)(uintptr_t)c,
				  .stats_fd = c->pool->stats_fd,
				  .alone_fd = c->members[c->n - 1].fd,
				  .name = "chain"};

	for (size_t i = 0; i < c->n; i++) {
		const struct member *m = &c->members[i];

		list[i] = (struct chain_member){.name = m->name,
						.code = &m->instructions,
						.maps = m->maps,
						.n_maps = CODE_MAPS + 1,
						.proceed_on = m->proceed_on,
						.n_proceed_on = m->n_proceed_on,
						.slot = m->slot,
						.must_call = m->must_call};
	}
	return chain_load(&wish, ret, why);
}

static const char *compare_counters(const struct property_case *c, const struct chain_counters *a,
				    const struct chain_counters *b)
{
	bool is_sample = (c->ticks + 1) % CHAIN_SAMPLE == 0;

	for (size_t i = 0; i < CHAIN_SLOTS_MAX; i++) {
		const struct chain_counter *p = &a->slots[i], *q = &b->slots[i];

		if (memcmp(p->verdicts, q->verdicts, sizeof(p->verdicts)) != 0)
			return "counted verdicts";
		if (p->samples != q->samples)
			return "samples";
		if (q->time_ns != 0 && !(is_sample && q->samples))
			return "time without a sample";
	}
	return NULL;
}

const char *run_compare(const struct property_case *c, const struct outcome *plain,
			const struct outcome *chain)
{
	const struct packet *p = &plain->packet, *q = &chain->packet;

	if (plain->verdict != chain->verdict)
		return "verdict";
	if (p->len != q->len || memcmp(p->bytes, q->bytes, p->len) != 0)
		return "packet";
	if (memcmp(p->context, q->context, sizeof(p->context)) != 0)
		return "context of the packet";
	if (memcmp(&plain->values, &chain->values, sizeof(plain->values)) != 0)
		return "maps";
	if ((!c->has_segments || plain->n_counted) &&
	    plain->counters.ticks != chain->counters.ticks)
		return "runs in the statistics";
	return compare_counters(c, &plain->counters, &chain->counters);
}
