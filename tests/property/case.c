/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rules in their plainest form, and the comparison. */
#include "case.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/load/load.h"
#include "hooks/kinds.h"
#include "kernel/bpf.h"
#include "member.h"

#define MEMBERS_MAX 12
#define PACKET_MAX  1024

/* What came out. */
struct outcome {
	int32_t verdict;
	uint32_t len;
	uint8_t packet[PACKET_MAX];
	struct world_content content;
	uint64_t counts[MEMBERS_MAX][CHAIN_COUNTED_MAX];
};

struct setting {
	uint64_t seed;
	struct dice dice;
	const struct world *world;
	const struct chain_rules *rules;
	struct chain_limits limits;
	struct member members[MEMBERS_MAX];
	uint32_t n;
	uint8_t packet[PACKET_MAX];
	uint32_t len;
	struct tally *tally;
};

static void setting_free(struct setting **s)
{
	for (uint32_t i = 0; *s && i < (*s)->n; i++)
		member_done(&(*s)->members[i]);
	free(*s);
}

/* IPv4 and UDP, so that the kernel knows where its headers are; the rest is random. */
static void make_packet(struct setting *s)
{
	static const uint8_t head[] = {2, 0, 0,	   0, 0, 1, 2, 0, 0, 0, 0,  2,
				       8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17};

	s->len = 64 + dice_below(&s->dice, 150);
	for (uint32_t i = 0; i < s->len; i++)
		s->packet[i] = (uint8_t)dice_next(&s->dice);
	memcpy(s->packet, head, sizeof(head));
}

/* Small limits, so that a few members make several segments. */
static void choose_limits(struct setting *s)
{
	s->limits = s->world->limits;
	if (dice_percent(&s->dice, 15))
		s->limits.maps_max = 6 + dice_below(&s->dice, 3);
	if (dice_percent(&s->dice, 10))
		s->limits.functions_max = 3 + dice_below(&s->dice, 4);
	if (dice_percent(&s->dice, 10))
		s->limits.verified_max = 200 + dice_below(&s->dice, 1000);
}

static void note_refused(struct setting *s, struct member *m)
{
	s->tally->refused_members++;
	if (getenv("SHOW_REFUSED")) {
		member_print(m, stderr);
		fprintf(stderr, "%s\n", member_log());
	}
	member_done(m);
}

static void make_members(struct setting *s)
{
	uint32_t n = 1 + dice_below(&s->dice, dice_percent(&s->dice, 10) ? MEMBERS_MAX : 5);

	while (s->n < n) {
		struct member *m = &s->members[s->n];
		int r = member_make(&s->dice, s->rules, s->world, m);

		s->tally->members++;
		if (r < 0) {
			note_refused(s, m);
			continue;
		}
		snprintf(m->name, sizeof(m->name), "member_%u", s->n);
		m->slot = dice_percent(&s->dice, 25) ? (int)s->n + 1 : -1;
		s->n++;
	}
}

static int run_once(int fd, struct outcome *io)
{
	uint8_t in[PACKET_MAX];
	struct bpf_test test = {.in = in,
				.in_len = io->len,
				.out = io->packet,
				.out_len = sizeof(io->packet),
				.repeat = 1};
	int r;

	memcpy(in, io->packet, io->len);
	r = bpf_program_test(fd, &test);
	if (r < 0)
		return r;
	io->len = test.out_len;
	io->verdict = (int32_t)test.verdict;
	return 0;
}

static uint32_t counter_of(const struct chain_rules *rules, int32_t verdict)
{
	uint32_t i = 0;

	while (i < rules->n_counted && rules->counted[i] != verdict)
		i++;
	return i; /* others share the one behind */
}

static bool goes_on(const struct member *m, int32_t verdict)
{
	for (uint32_t i = 0; i < m->n_proceed_on; i++)
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

/* The rules: each member by itself on the packet as the one before left it. */
static int interpret(const struct setting *s, struct outcome *ret)
{
	world_reset(s->world);
	memcpy(ret->packet, s->packet, s->len);
	ret->len = s->len;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct member *m = &s->members[i];
		int r = run_once(m->fd, ret);

		if (r < 0)
			return r;
		if (m->slot >= 0)
			ret->counts[i][counter_of(s->rules, ret->verdict)]++;
		if (goes_on(m, ret->verdict)) {
			ret->verdict = s->rules->end;
			continue;
		}
		ret->verdict = translate(s->rules, ret->verdict);
		break;
	}
	world_read(s->world, &ret->content);
	return 0;
}

static int open_map(void *arg, uint32_t key, struct reason *why)
{
	(void)arg;
	(void)why;
	return bpf_id_open(BPF_OBJECT_MAP, key);
}

static int link_members(const struct setting *s, struct chain_loaded *ret, struct reason *why)
{
	struct chain_member list[MEMBERS_MAX];
	struct chain_load wish = {.rules = s->rules,
				  .limits = &s->limits,
				  .members = list,
				  .n_members = s->n,
				  .map_fd = open_map,
				  .stats_fd = -1,
				  .alone_fd = s->members[s->n - 1].fd,
				  .name = "property"};

	for (uint32_t i = 0; i < s->n; i++) {
		const struct member *m = &s->members[i];

		list[i] = (struct chain_member){.name = m->name,
						.code = &m->code,
						.maps = m->maps,
						.n_maps = MEMBER_MAPS_MAX,
						.proceed_on = m->proceed_on,
						.n_proceed_on = m->n_proceed_on,
						.slot = m->slot,
						.must_call = m->must_call};
		if (m->slot >= 0)
			wish.stats_fd = s->world->fds[WORLD_STATS];
	}
	return chain_load(&wish, ret, why);
}

static int run_chain(const struct setting *s, const struct chain_loaded *loaded,
		     struct outcome *ret)
{
	_free_ struct chain_counters *counters = calloc(1, sizeof(*counters));
	int r;

	if (!counters)
		return -ENOMEM;
	world_reset(s->world);
	memcpy(ret->packet, s->packet, s->len);
	ret->len = s->len;
	r = run_once(loaded->mode == CHAIN_DIRECT ? s->members[0].fd : loaded->program_fds[0], ret);
	if (r < 0)
		return r;
	world_read(s->world, &ret->content);
	world_count(s->world, counters);
	for (uint32_t i = 0; i < s->n; i++)
		if (s->members[i].slot >= 0)
			memcpy(ret->counts[i], counters->slots[s->members[i].slot].verdicts,
			       sizeof(ret->counts[i]));
	return 0;
}

/* "" or what is not the same. */
static const char *compare(const struct setting *s, const struct outcome *a,
			   const struct outcome *b)
{
	if (a->verdict != b->verdict)
		return "verdicts";
	if (a->len != b->len)
		return "lengths of the packet";
	if (memcmp(a->packet, b->packet, a->len) != 0)
		return "bytes of the packet";
	if (memcmp(&a->content, &b->content, sizeof(a->content)) != 0)
		return "maps";
	for (uint32_t i = 0; i < s->n; i++)
		if (memcmp(a->counts[i], b->counts[i], sizeof(a->counts[i])) != 0)
			return "statistics";
	return "";
}

static void tell(const struct setting *s, const struct chain_loaded *loaded,
		 const struct outcome *plain, const struct outcome *chain)
{
	printf("# seed 0x%llx: %s differ; verdict %d by the rules, %d of the chain; %u and %u bytes\n",
	       (unsigned long long)s->seed, compare(s, plain, chain), plain->verdict,
	       chain->verdict, plain->len, chain->len);
	printf("# program type %u, %s, %u segments: %s\n", s->rules->program_type,
	       s->rules->n_translations ? "with translations" : "no translations",
	       loaded->n_segments, loaded->why);
	for (uint32_t i = 0; i < s->n; i++)
		member_print(&s->members[i], stderr);
}

/* What docs/CHAIN.md says is refused. */
static bool is_documented(const struct reason *why)
{
	static const char *const words[] = {"stack", "frames", "segments", "functions", "maps"};

	for (size_t i = 0; i < array_size(words); i++)
		if (strstr(why->text, words[i]))
			return true;
	return false;
}

static int judge_refusal(const struct setting *s, const struct reason *why)
{
	if (is_documented(why)) {
		s->tally->refused_chains++;
		if (getenv("SHOW_REFUSED"))
			fprintf(stderr, "refused: %s\n", why->text);
		return 0;
	}
	printf("# seed 0x%llx: the chain is refused: %s\n", (unsigned long long)s->seed, why->text);
	if (why->detail)
		fprintf(stderr, "%s\n", why->detail);
	for (uint32_t i = 0; i < s->n; i++)
		member_print(&s->members[i], stderr);
	return 1;
}

static const struct chain_rules *choose_rules(struct dice *dice)
{
	const struct chain_rules *const all[] = {hook_xdp.rules(), &tc_rules_tcx, &tc_rules_filter};

	return all[dice_below(dice, array_size(all))];
}

int case_run(uint64_t seed, const struct world *world, struct tally *tally)
{
	_cleanup_(setting_free) struct setting *s = calloc(1, sizeof(*s));
	_free_ struct outcome *plain = calloc(1, sizeof(*plain));
	_free_ struct outcome *chain = calloc(1, sizeof(*chain));
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};
	int r;

	if (!s || !plain || !chain)
		return -ENOMEM;
	s->seed = seed;
	s->dice.state = seed;
	s->world = world;
	s->tally = tally;
	s->rules = choose_rules(&s->dice);
	tally->cases++;
	choose_limits(s);
	make_packet(s);
	make_members(s);
	r = interpret(s, plain);
	if (r < 0)
		return r;
	if (link_members(s, &loaded, &why) < 0)
		return judge_refusal(s, &why);
	tally->modes[loaded.mode]++;
	r = run_chain(s, &loaded, chain);
	if (r < 0)
		return r;
	if (!*compare(s, plain, chain))
		return 0;
	tell(s, &loaded, plain, chain);
	return 1;
}
