/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random chains against a plain reading of the rules: the members, each alone in the kernel, one
 * after the other, and the linked chain; verdict, packet, maps and statistics must be the same.
 *	raw CASES|SECONDSs|CASES,SECONDSs [SEED [FIRST_CASE]]
 * A case is made of the seed and its number alone, so one can be repeated: raw 1 SEED CASE.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "kernel/bpf.h"
#include "raw.h"

#define PACKETS 2

/* Refusals of docs/CHAIN.md that random members run into, by words of the linker. */
static const struct {
	const char *words;
	const char *name;
} refusals[] = {
	{"bytes of stack", "stack"},
	{"functions call each other", "frames"},
	{"programs one after the other", "segments"},
	{"too many maps", "maps"},
	{"programs for fragments", "fragments"},
};

struct property {
	struct pool pool;
	struct chain_limits limits;
	bool has_frags, has_may_goto;
	uint64_t seed;
	uint64_t n_cases, n_members, n_run;
	uint64_t n_alone; /* chains whose last segment is the member itself */
	uint64_t n_modes[_CHAIN_MODE_MAX];
	uint64_t n_refused[array_size(refusals)];
	struct tries tries;
	struct member members[PROPERTY_MEMBERS];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void choose_rules(struct property_case *c, struct random *r)
{
	switch (random_below(r, 3)) {
	case 0:
		c->kind = "xdp";
		c->rules = hook_xdp.rules();
		return;
	case 1:
		c->kind = "tc on clsact";
		c->rules = &tc_rules_filter;
		return;
	default:
		c->kind = "tc on tcx";
		c->rules = &tc_rules_tcx;
	}
}

static size_t choose_size(struct random *r)
{
	if (random_is(r, 12))
		return 1;
	return random_is(r, 92) ? 2 + random_below(r, 5)
				: 2 + random_below(r, PROPERTY_MEMBERS - 1);
}

/* Each slot belongs to one member. */
static void choose_slots(struct property_case *c, struct random *r)
{
	uint32_t percent = random_is(r, 50) ? 40 : 0;
	int slot = (int)random_below(r, CHAIN_SLOTS_MAX);

	for (size_t i = 0; i < c->n; i++)
		if (random_is(r, percent)) {
			c->members[i].slot = slot;
			slot = (slot + 1 + (int)random_below(r, 8)) % CHAIN_SLOTS_MAX;
		}
}

static void choose_limits(struct property_case *c, struct random *r)
{
	if (random_is(r, 15))
		c->limits.verified_max = 200 + random_below(r, 2000);
	if (random_is(r, 10))
		c->limits.maps_max = 6 + random_below(r, 8);
}

static void choose_packet(struct property_case *c, struct random *r)
{
	struct __sk_buff *skb = (struct __sk_buff *)(void *)c->packet.context;

	memset(&c->packet, 0, sizeof(c->packet));
	/* some kernels want a whole header of what the ethertype says, which may become any */
	c->packet.len = c->rules->program_type == BPF_PROG_TYPE_SCHED_CLS ? 54 : 14;
	c->packet.len += random_below(r, random_is(r, 70) ? 90 : 500);
	for (uint32_t i = 0; i < c->packet.len; i++)
		c->packet.bytes[i] = (uint8_t)(random_next(r) >> 20);
	for (size_t i = 0; i < sizeof(c->values.bytes); i++)
		c->values.bytes[i] = random_is(r, 60) ? 0 : (uint8_t)random_below(r, 256);
	if (c->rules->program_type == BPF_PROG_TYPE_SCHED_CLS) {
		skb->mark = (uint32_t)random_next(r);
		for (size_t i = 0; i < array_size(skb->cb); i++)
			skb->cb[i] = (uint32_t)random_next(r);
	}
	c->ticks = random_is(r, 50) ? CHAIN_SAMPLE - 1 : random_below(r, 5);
}

static void make_members(struct property *p, struct property_case *c, struct random *r)
{
	struct making making = {.rules = c->rules,
				.pool = &p->pool,
				.random = r,
				.tries = &p->tries,
				.has_may_goto = p->has_may_goto,
				.has_frags = p->has_frags &&
					     c->rules->program_type == BPF_PROG_TYPE_XDP};

	for (size_t i = 0; i < c->n; i++)
		member_make(&c->members[i], &making, (uint32_t)(100 + i));
	choose_slots(c, r);
}

/* Return: 0: a refusal that is documented; 1: not. */
static int judge_refusal(struct property *p, const struct property_case *c, int code,
			 const struct reason *why)
{
	for (size_t i = 0; i < array_size(refusals); i++)
		if ((code == -E2BIG || code == -EOPNOTSUPP) && why->text[0] &&
		    strstr(why->text, refusals[i].words)) {
			p->n_refused[i]++;
			return 0;
		}
	report_case(c);
	printf("# the chain is refused: %s\n%s\n", why->text, why->detail ? why->detail : "");
	return 1;
}

static int run_packet(struct property *p, const struct property_case *c,
		      const struct chain_loaded *loaded)
{
	static struct outcome plain, chain;
	int r = run_plainly(c, &plain);
	const char *what = "the run itself";

	if (r == 0)
		r = run_chain(c, loaded, &chain);
	if (r == 0)
		what = run_compare(c, &plain, &chain);
	p->n_run += plain.n_run;
	if (!what)
		return 0;
	report_case(c);
	printf("# mode %s: %s, %u segments\n", chain_mode_name(loaded->mode), loaded->why,
	       loaded->n_segments);
	report_outcome(c, "one after the other", &plain);
	report_outcome(c, "chain", &chain);
	printf("# different: %s (%s)\n", what, r < 0 ? strerror(-r) : "");
	return 1;
}

static int load_and_run(struct property *p, struct property_case *c, struct random *r)
{
	_reason_ struct reason why = {0};
	struct chain_loaded loaded;
	int result = run_load(c, &loaded, &why);

	if (result < 0)
		return judge_refusal(p, c, result, &why);
	p->n_modes[loaded.mode]++;
	p->n_alone += loaded.n_segments > 1 && c->members[c->n - 1].code.is_whole;
	c->has_segments = loaded.n_segments > 1;
	for (int i = 0; i < PACKETS && result == 0; i++) {
		choose_packet(c, r);
		result = run_packet(p, c, &loaded);
	}
	chain_loaded_done(&loaded);
	return result;
}

static int run_case(struct property *p, uint64_t number)
{
	struct random r = {.state = p->seed ^ number * UINT64_C(0xd1342543de82ef95)};
	struct property_case c = {.pool = &p->pool, .limits = p->limits, .members = p->members};
	int result;

	random_next(&r);
	choose_rules(&c, &r);
	c.n = choose_size(&r);
	choose_limits(&c, &r);
	make_members(p, &c, &r);
	result = load_and_run(p, &c, &r);
	for (size_t i = 0; i < c.n; i++)
		member_done(&c.members[i]);
	p->n_cases++;
	p->n_members += c.n;
	if (result)
		printf("# seed %#" PRIx64 ", case %" PRIu64 "\n", p->seed, number);
	return result;
}

static void print_summary(const struct property *p, double seconds)
{
	printf("# seed %#" PRIx64 ": %" PRIu64 " cases in %.1f s; members %" PRIu64 ", run %" PRIu64
	       ", refused alone %" PRIu64 " of %" PRIu64 ";",
	       p->seed, p->n_cases, seconds, p->n_members, p->n_run, p->tries.refused, p->tries.n);
	for (int i = 0; i < _CHAIN_MODE_MAX; i++)
		printf(" %s %" PRIu64, chain_mode_name((enum chain_mode)i), p->n_modes[i]);
	printf(" (alone at the end %" PRIu64 "); refused:", p->n_alone);
	for (size_t i = 0; i < array_size(refusals); i++)
		printf(" %s %" PRIu64, refusals[i].name, p->n_refused[i]);
	printf("\n");
}

/* How long to go on. */
struct duration {
	uint64_t cases;
	double seconds;
};

static bool parse_duration(const char *text, struct duration *ret)
{
	char *end = NULL;
	uint64_t n = strtoull(text, &end, 10);

	*ret = (struct duration){.cases = UINT64_MAX, .seconds = 1e9};
	if (end != text && *end != 's') {
		ret->cases = n;
		if (*end != ',')
			return *end == '\0';
		text = end + 1;
		n = strtoull(text, &end, 10);
	}
	ret->seconds = (double)n;
	return end != text && strcmp(end, "s") == 0;
}

static int run_all(struct property *p, const struct duration *how_long, uint64_t first)
{
	double begin = now();
	int r = 0;

	printf("# seed %#" PRIx64 "\n", p->seed);
	fflush(stdout);
	for (uint64_t i = 0; r == 0 && i < how_long->cases; i++) {
		if (now() - begin >= how_long->seconds)
			break;
		r = run_case(p, first + i);
	}
	print_summary(p, now() - begin);
	if (r == 0 && p->tries.refused * 10 > p->tries.n) {
		printf("# too many members are refused alone, the last one: %s\n", p->tries.said);
		r = 1;
	}
	return r;
}

/* Does the kernel know BPF_F_XDP_HAS_FRAGS (5.18), or may_goto (6.9)? */
static bool probe(uint32_t flags, bool has_may_goto)
{
	struct bpf_insn insns[] = {OP_K(BPF_MOV, BPF_REG_0, 2), MAY_GOTO, GOTO, EXIT};
	struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_XDP,
					.expected_attach_type = BPF_XDP,
					.insns = insns,
					.n_insns = array_size(insns),
					.license = "GPL",
					.flags = flags};
	int fd _close_ = -1;

	insns[1].off = 1;
	insns[2].off = -2;
	if (!has_may_goto)
		insns[1] = insns[2] = insns[0];
	fd = bpf_program_load(&spec);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	struct property *p = calloc(1, sizeof(*p));
	struct duration how_long;
	int r;

	if (!p || argc < 2 || argc > 4 || !parse_duration(argv[1], &how_long)) {
		fprintf(stderr, "usage: raw CASES|SECONDSs|CASES,SECONDSs [SEED [FIRST_CASE]]\n");
		return 2;
	}
	/* below 5.11 maps and programs count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	r = pool_init(&p->pool);
	if (r < 0) {
		fprintf(stderr, "raw: no maps: %s\n", strerror(-r));
		return 2;
	}
	chain_limits_probe(&p->limits);
	p->has_frags = probe(1u << 5, false);
	p->has_may_goto = probe(0, true);
	if (argc > 2)
		p->seed = strtoull(argv[2], NULL, 0);
	else if (getrandom(&p->seed, sizeof(p->seed), 0) != sizeof(p->seed))
		return 2;
	r = run_all(p, &how_long, argc > 3 ? strtoull(argv[3], NULL, 0) : 0);
	pool_done(&p->pool);
	free(p);
	return r;
}
