/* SPDX-License-Identifier: Apache-2.0 */
/* Chains in this kernel, run on packets. Needs root. */
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "members.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define M(state) ((struct members *)*(state))

static int start(void **state)
{
	struct members *m = malloc(sizeof(*m));

	*state = m;
	return m && members_init(m) == 0 ? 0 : -1;
}

static int stop(void **state)
{
	members_done(M(state));
	free(M(state));
	return 0;
}

static void load(struct members *m, struct chain_loaded *ret)
{
	_reason_ struct reason why = {0};
	int r = members_load(m, ret, &why);

	if (r < 0)
		printf("# %s\n# %s\n%s\n", why.text, why.hint, why.detail ? why.detail : "");
	assert_int_equal(r, 0);
}

static void a_single_member_with_verdicts_of_the_hook_needs_no_chain(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	members_add(M(state), 1, XDP_DROP);
	load(M(state), &loaded);
	assert_int_equal(loaded.mode, CHAIN_DIRECT);
	assert_int_equal(loaded.n_segments, 0);
	assert_int_equal(loaded.program_fds[0], -1);
	assert_int_equal(loaded.n_insns, 8);
	assert_true(loaded.why[0] != '\0');
}

static void a_single_member_with_a_verdict_of_its_own_is_a_chain(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	members_add(M(state), 1, 31);
	load(M(state), &loaded);
	assert_int_equal(loaded.mode, CHAIN_INLINE);
	assert_int_equal(loaded.n_segments, 1);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(members_trace(M(state)), 1);
}

static void a_member_that_never_goes_on_hides_the_others_and_is_no_error(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	members_add(M(state), 1, XDP_PASS);
	members_add(M(state), 2, XDP_PASS)->n_proceed_on = 0;
	members_add(M(state), 3, XDP_DROP);
	load(M(state), &loaded);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(members_trace(M(state)), 0x12);
}

static void members_run_in_order_to_the_end(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	for (int i = 1; i <= 10; i++)
		members_add(M(state), i, i % 2 ? XDP_PASS : 31);
	load(M(state), &loaded);
	assert_int_equal(loaded.mode, CHAIN_INLINE);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(members_trace(M(state)), 0x123456789a);
	assert_true(loaded.n_insns > 80);
	assert_true(loaded.verified > 50);
	for (int i = 0; i < 10; i++) {
		assert_false(loaded.is_called[i]);
		assert_int_equal(loaded.segment[i], 0);
	}
}

static void a_verdict_outside_of_the_set_ends_the_chain(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	members_add(M(state), 1, XDP_PASS);
	members_add(M(state), 2, XDP_TX);
	members_add(M(state), 3, XDP_PASS);
	load(M(state), &loaded);
	assert_int_equal(members_run(&loaded, 1), XDP_TX);
	assert_int_equal(members_trace(M(state)), 0x12);
}

static void sixty_four_members_are_one_program(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	for (int i = 0; i < 64; i++)
		members_add(M(state), i & 15, XDP_PASS);
	load(M(state), &loaded);
	assert_int_equal(loaded.n_segments, 1);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_true(members_trace(M(state)) == 0x0123456789abcdef);
	printf("# 64 members: %u instructions, %u verified, linked in %u us, loaded in %u us\n",
	       loaded.n_insns, loaded.verified, loaded.link_us, loaded.load_us);
}

static void called_members_mean_the_same(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	for (int i = 1; i <= 10; i++)
		members_add(M(state), i, i == 9 ? XDP_DROP : XDP_PASS)->must_call = true;
	load(M(state), &loaded);
	assert_int_equal(loaded.mode, CHAIN_CALL);
	assert_true(loaded.is_called[0] && loaded.is_called[9]);
	assert_int_equal(members_run(&loaded, 1), XDP_DROP);
	assert_int_equal(members_trace(M(state)), 0x123456789);
}

static void some_are_called_and_others_not(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	for (int i = 1; i <= 4; i++)
		members_add(M(state), i, XDP_PASS)->must_call = i % 2;
	load(M(state), &loaded);
	assert_int_equal(loaded.mode, CHAIN_MIXED);
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(members_trace(M(state)), 0x1234);
}

/* Ten members of which three fit into a program. */
static void load_segments(struct members *m, struct chain_loaded *ret)
{
	for (int i = 1; i <= 10; i++) {
		members_add(m, i, XDP_PASS);
		m->codes[i - 1].verified = 1000;
	}
	m->limits.verified_max = 3500;
	load(m, ret);
	assert_int_equal(ret->mode, CHAIN_SEGMENT);
	assert_true(ret->n_segments >= 3);
}

static void what_does_not_fit_runs_in_segments(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	uint32_t last;

	load_segments(M(state), &loaded);
	last = loaded.n_segments - 1;
	assert_int_equal(members_run(&loaded, 1), XDP_PASS);
	assert_int_equal(members_trace(M(state)), 0x123456789a);
	assert_int_equal(loaded.segment[0], 0);
	assert_int_equal(loaded.segment[9], last);
	assert_true(loaded.array_fds[0] >= 0);
	assert_int_equal(loaded.array_fds[last], -1);
	printf("# %u segments: linked in %u us, loaded in %u us\n", loaded.n_segments,
	       loaded.link_us, loaded.load_us);
}

static void a_missing_segment_closes_the_chain(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	uint32_t key = 0;

	load_segments(M(state), &loaded);
	assert_int_equal(bpf_map_delete(loaded.array_fds[0], &key), 0);
	assert_int_equal(members_run(&loaded, 1), XDP_DROP);
}

static void a_verdict_ends_the_chain_in_a_later_segment_too(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct members *m = M(state);

	for (int i = 1; i <= 6; i++) {
		members_add(m, i, i == 4 ? XDP_TX : XDP_PASS);
		m->codes[i - 1].verified = 1000;
	}
	m->limits.verified_max = 2500;
	load(m, &loaded);
	assert_true(loaded.n_segments > 1);
	assert_int_equal(members_run(&loaded, 1), XDP_TX);
	assert_int_equal(members_trace(m), 0x1234);
}

static void each_counted_member_has_its_verdicts(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct chain_counter c;

	members_add(M(state), 1, XDP_PASS)->slot = 7;
	members_add(M(state), 2, 31)->slot = 255;
	members_add(M(state), 3, XDP_PASS);
	members_add(M(state), 4, XDP_DROP)->slot = 0;
	load(M(state), &loaded);
	assert_int_equal(members_run(&loaded, 5000), XDP_DROP);
	members_count(M(state), 7, &c);
	assert_int_equal(c.verdicts[2], 5000);
	assert_in_range(c.samples, 4, 5);
	assert_true(c.time_ns > 0);
	members_count(M(state), 255, &c);
	assert_int_equal(c.verdicts[2], 0);
	assert_int_equal(c.verdicts[members_rules.n_counted], 5000);
	members_count(M(state), 0, &c);
	assert_int_equal(c.verdicts[1], 5000);
	members_count(M(state), 1, &c);
	assert_int_equal(c.verdicts[1] + c.verdicts[2], 0);
}

static void counters_go_on_in_segments_and_calls(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct members *m = M(state);
	struct chain_counter c;

	for (int i = 0; i < 6; i++) {
		struct chain_member *member = members_add(m, i + 1, XDP_PASS);

		member->slot = i;
		member->must_call = i % 2;
		m->codes[i].verified = 1000;
	}
	m->limits.verified_max = 2500;
	load(m, &loaded);
	assert_true(loaded.n_segments > 1);
	assert_int_equal(members_run(&loaded, 2048), XDP_PASS);
	for (int i = 0; i < 6; i++) {
		members_count(m, i, &c);
		assert_int_equal(c.verdicts[2], 2048);
		assert_int_equal(c.samples, 2);
	}
}

static void a_later_segment_is_timed_when_no_other_counts(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	struct members *m = M(state);
	struct chain_counter c;

	for (int i = 1; i <= 6; i++) {
		members_add(m, i, XDP_PASS)->slot = i == 6 ? 5 : -1;
		m->codes[i - 1].verified = 1000;
	}
	m->limits.verified_max = 2500;
	load(m, &loaded);
	assert_true(loaded.segment[5] > 0);
	assert_int_equal(members_run(&loaded, CHAIN_SAMPLE), XDP_PASS);
	members_count(m, 5, &c);
	assert_int_equal(c.verdicts[XDP_PASS], CHAIN_SAMPLE);
	assert_int_equal(c.samples, 1);
}

static void jumps_among_programs_for_fragments_are_refused_by_name(void **state)
{
	_reason_ struct reason why = {0};
	struct chain_loaded loaded;
	struct bpf_insn *insns;

	members_add(M(state), 1, XDP_PASS);
	members_add(M(state), 2, XDP_PASS);
	insns = M(state)->codes[1].insns;
	insns[5] = (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call};
	M(state)->codes[1].prog_flags = 1u << 5; /* BPF_F_XDP_HAS_FRAGS */
	assert_int_equal(members_load(M(state), &loaded, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "tracer tail-calls programs for fragments"));
}

/* @flags: of the last, which uses all of its stack. Return: of chain_load(). */
static int load_deep_last(struct members *m, uint32_t flags, struct chain_loaded *ret,
			  struct reason *why)
{
	static uint32_t stack = 512;
	struct instructions *code = &m->codes[1];
	int r;

	members_add(m, 1, XDP_PASS);
	members_add(m, 2, XDP_DROP);
	code->prog_flags = flags;
	code->stacks = &stack;
	code->n_stacks = 1;
	r = members_load(m, ret, why);
	code->stacks = NULL;
	return r;
}

static void one_for_fragments_is_no_end_of_a_chain_that_takes_none(void **state)
{
	_reason_ struct reason why = {0}, other = {0};
	struct chain_loaded loaded;

	/* without its program, which it would be, the load fails later */
	assert_int_equal(load_deep_last(M(state), 0, &loaded, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "only run as a program of its own"));
	stop(state);
	start(state);
	assert_int_equal(load_deep_last(M(state), 1u << 5, &loaded, &other), -E2BIG);
	assert_non_null(strstr(other.text, "bytes of stack"));
}

static void a_refused_chain_names_member_cause_and_place(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	members_add(M(state), 1, XDP_PASS);
	members_add_bad(M(state), 1);
	members_add(M(state), 3, XDP_PASS);
	assert_int_equal(members_load(M(state), &loaded, &why), -EACCES);
	assert_ptr_equal(strstr(why.text, "chain of 3 programs: member bad: "), why.text);
	assert_non_null(strstr(why.text, "invalid bpf_context access off=4096"));
	assert_non_null(strstr(why.text, "bad.bpf.c:12: return *p;"));
	assert_non_null(strstr(why.hint, "context"));
	assert_non_null(strstr(why.detail, "r0 = *(u64 *)(r1 +4096)"));
	assert_null(loaded.is_called);
}

static void a_refused_member_without_types_is_named_too(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	for (int i = 1; i <= 10; i++)
		members_add(M(state), i, XDP_PASS);
	members_add_bad(M(state), 0);
	assert_int_equal(members_load(M(state), &loaded, &why), -EACCES);
	assert_ptr_equal(strstr(why.text, "chain of 11 programs: member bad: "), why.text);
}

static int no_map(void *arg, uint32_t key, struct reason *why)
{
	(void)arg;
	(void)key;
	(void)why;
	return -ENOLINK;
}

static void a_map_that_is_gone_fails_the_load(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	members_add(M(state), 1, XDP_PASS);
	members_add(M(state), 2, XDP_PASS);
	M(state)->wish.map_fd = no_map;
	assert_int_equal(members_load(M(state), &loaded, &why), -ENOLINK);
	assert_non_null(strstr(why.text, "map"));
}

static size_t count_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void loads_leave_no_descriptor_behind(void **state)
{
	size_t before = count_open();

	for (int i = 0; i < 3; i++) {
		_cleanup_(chain_loaded_done) struct chain_loaded loaded;

		load_segments(M(state), &loaded);
		chain_loaded_done(&loaded);
		members_add_bad(M(state), 1);
		assert_true(members_load(M(state), &loaded, NULL) < 0);
		members_done(M(state));
		assert_int_equal(members_init(M(state)), 0);
	}
	assert_int_equal(count_open(), before);
}

static void limits_are_found_by_trying(void **state)
{
	const struct chain_limits *l = &M(state)->limits;

	assert_int_equal(l->maps_max, 64);
	assert_true(l->stack_round == 16 || l->stack_round == 32);
	printf("# wide jumps: %s, frames are rounded to %u\n", l->has_wide_jumps ? "yes" : "no",
	       l->stack_round);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_single_member_with_verdicts_of_the_hook_needs_no_chain),
		TEST(a_single_member_with_a_verdict_of_its_own_is_a_chain),
		TEST(a_member_that_never_goes_on_hides_the_others_and_is_no_error),
		TEST(members_run_in_order_to_the_end),
		TEST(a_verdict_outside_of_the_set_ends_the_chain),
		TEST(sixty_four_members_are_one_program),
		TEST(called_members_mean_the_same),
		TEST(some_are_called_and_others_not),
		TEST(what_does_not_fit_runs_in_segments),
		TEST(a_missing_segment_closes_the_chain),
		TEST(a_verdict_ends_the_chain_in_a_later_segment_too),
		TEST(each_counted_member_has_its_verdicts),
		TEST(counters_go_on_in_segments_and_calls),
		TEST(a_later_segment_is_timed_when_no_other_counts),
		TEST(jumps_among_programs_for_fragments_are_refused_by_name),
		TEST(one_for_fragments_is_no_end_of_a_chain_that_takes_none),
		TEST(a_refused_chain_names_member_cause_and_place),
		TEST(a_refused_member_without_types_is_named_too),
		TEST(a_map_that_is_gone_fails_the_load),
		TEST(loads_leave_no_descriptor_behind),
		TEST(limits_are_found_by_trying),
	};
	struct members m;
	int r = members_init(&m);

	members_done(&m);
	if (r != 0) {
		printf("1..0 # SKIP loading programs needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
