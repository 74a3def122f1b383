/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader does with a refusal: other plans, words, ends. Needs root, and brings a linker of
 * its own. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "linker.h"
#include "members.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define M(state) ((struct members *)*(state))

static void a_refused_segment_is_planned_anew_until_it_is_taken(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	linker = (struct linker){.n_segments = 3, .fault = LINKER_BAD_ACCESS, .at = 1, .turns = 3};
	assert_int_equal(members_load(M(state), &loaded, NULL), 0);
	assert_int_equal(linker.n_refined, 3);
	assert_int_equal(linker.refined_segment, 1);
	assert_int_equal(linker.refined_code, -EACCES);
	assert_non_null(strstr(linker.refined_log, "invalid bpf_context access"));
	/* each turn begins with the last segment */
	assert_int_equal(linker.n_links, 3 * 2 + 3);
	assert_int_equal(loaded.n_segments, 3);
	assert_int_equal(loaded.n_insns, 6);
	assert_true(loaded.verified >= 6);
}

static void turns_have_an_end(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	linker = (struct linker){
		.n_segments = 1, .fault = LINKER_BAD_ACCESS, .turns = 1000, .is_stubborn = true};
	assert_int_equal(members_load(M(state), &loaded, &why), -EACCES);
	assert_in_range(linker.n_links, 60, 64);
	assert_ptr_equal(strstr(why.text, "chain of 2 programs: member tracer: "), why.text);
}

static void a_refusal_of_the_size_names_no_member(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	linker = (struct linker){.n_segments = 1, .fault = LINKER_BAD_STACK, .turns = 1};
	assert_int_equal(members_load(M(state), &loaded, &why), 0);
	assert_non_null(strstr(linker.refined_log, "combined stack size"));
	chain_loaded_done(&loaded);
	linker.turns = 1000;
	linker.is_stubborn = true;
	assert_int_equal(members_load(M(state), &loaded, &why), -EACCES);
	assert_ptr_equal(strstr(why.text, "chain of 2 programs: as a whole: "), why.text);
	assert_non_null(strstr(why.text, "combined stack size"));
}

static void what_the_linker_refuses_is_planned_anew_too(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;

	linker = (struct linker){.n_segments = 2, .fault = LINKER_TOO_WIDE, .turns = 1};
	assert_int_equal(members_load(M(state), &loaded, NULL), 0);
	assert_int_equal(linker.n_refined, 1);
	assert_int_equal(linker.refined_code, -E2BIG);
	assert_string_equal(linker.refined_log, "");
}

static void other_failures_are_final(void **state)
{
	static const struct {
		enum linker_fault fault;
		int code;
		const char *words;
	} cases[] = {
		{LINKER_NO_MEMORY, -ENOMEM, "out of memory"},
		{LINKER_NO_MODULE, -ENOENT, "module not_there"},
		{LINKER_LOST_MODULE, -EOPNOTSUPP, "module of a kernel function"},
		{LINKER_STRANGE_MAP, -EINVAL, "a map of ours"},
		{LINKER_BAD_TYPES, -EINVAL, "chain of 2 programs: the kernel refuses its types"},
	};

	M(state)->wish.stats_fd = -1;
	for (size_t i = 0; i < array_size(cases); i++) {
		_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
		_reason_ struct reason why = {0};

		linker = (struct linker){.n_segments = 2, .fault = cases[i].fault, .turns = 5};
		assert_int_equal(members_load(M(state), &loaded, &why), cases[i].code);
		assert_non_null(strstr(why.text, cases[i].words));
		assert_int_equal(linker.n_refined, 0);
	}
}

static uint32_t id_of(int fd)
{
	struct bpf_prog_info info;

	assert_int_equal(bpf_program_info(fd, &info), 0);
	return info.id;
}

static void a_member_that_stands_alone_is_the_last_segment(void **state)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_XDP,
					      .expected_attach_type = BPF_XDP,
					      .insns = insns,
					      .n_insns = array_size(insns),
					      .license = "GPL"};
	_cleanup_(chain_loaded_done) struct chain_loaded loaded;
	int fd _close_ = bpf_program_load(&spec);

	linker = (struct linker){.n_segments = 2, .is_alone = true};
	M(state)->wish.alone_fd = fd;
	assert_int_equal(members_load(M(state), &loaded, NULL), 0);
	assert_int_equal(linker.n_links, 1);
	assert_int_not_equal(loaded.program_fds[1], fd);
	assert_int_equal(id_of(loaded.program_fds[1]), id_of(fd));
}

static void without_its_program_a_member_cannot_stand_alone(void **state)
{
	_cleanup_(chain_loaded_done) struct chain_loaded loaded = {0};
	_reason_ struct reason why = {0};

	linker = (struct linker){.n_segments = 2, .is_alone = true};
	assert_int_equal(members_load(M(state), &loaded, &why), -EOPNOTSUPP);
	assert_int_equal(linker.n_refined, 1);
	assert_int_equal(linker.refined_segment, 1);
	assert_non_null(strstr(why.text, "member tracer"));
}

static int start(void **state)
{
	struct members *m = malloc(sizeof(*m));

	*state = m;
	if (!m || members_init(m) != 0)
		return -1;
	members_add(m, 1, XDP_PASS);
	members_add(m, 2, XDP_PASS);
	return 0;
}

static int stop(void **state)
{
	members_done(M(state));
	free(M(state));
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_segment_is_planned_anew_until_it_is_taken),
		TEST(turns_have_an_end),
		TEST(a_refusal_of_the_size_names_no_member),
		TEST(what_the_linker_refuses_is_planned_anew_too),
		TEST(other_failures_are_final),
		TEST(a_member_that_stands_alone_is_the_last_segment),
		TEST(without_its_program_a_member_cannot_stand_alone),
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
