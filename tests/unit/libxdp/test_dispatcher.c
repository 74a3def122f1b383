/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatcher's instructions, executed here for every verdict and mask, and by the kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "libxdp/btf.h"
#include "libxdp/dispatcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Which programs ran, and what came out. */
struct outcome {
	uint32_t verdict;
	size_t n_runs;
};

/* Where a call goes: the slot whose function begins there. */
static size_t slot_at(const struct dispatcher_code *code, size_t insn)
{
	for (size_t i = 0; i < CONFIG_SLOTS; i++)
		if (code->functions[1 + i].type_id && code->functions[1 + i].insn_off == insn)
			return i;
	fail_msg("a call to instruction %zu, which is no slot", insn);
	return 0;
}

/* The few instructions that main is made of; any other fails the test. */
static struct outcome execute(const struct dispatcher_code *code, const uint32_t *verdicts)
{
	uint64_t r[11] = {[1] = 0xc0de};
	struct outcome out = {0};

	for (size_t at = 0; at < code->functions[1].insn_off; at++) {
		const struct bpf_insn *in = &code->insns[at];

		switch (in->code) {
		case BPF_ALU64 | BPF_MOV | BPF_X:
			r[in->dst_reg] = r[in->src_reg];
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			r[in->dst_reg] = (uint32_t)in->imm;
			break;
		case BPF_LD | BPF_DW | BPF_IMM:
			assert_int_equal(in->src_reg, BPF_PSEUDO_MAP_FD);
			r[in->dst_reg] = 0;
			at++;
			break;
		case BPF_JMP | BPF_CALL:
			assert_int_equal(in->src_reg, BPF_PSEUDO_CALL);
			assert_int_equal(r[1], 0xc0de);
			r[0] = verdicts[slot_at(code, at + 1 + (size_t)in->imm)];
			assert_int_equal(slot_at(code, at + 1 + (size_t)in->imm), out.n_runs++);
			r[1] = 0xdead;
			break;
		case BPF_JMP32 | BPF_JGT | BPF_K:
			at += (uint32_t)r[in->dst_reg] > (uint32_t)in->imm ? (size_t)in->off : 0;
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			at += (uint32_t)r[in->dst_reg] == (uint32_t)in->imm ? (size_t)in->off : 0;
			break;
		case BPF_ALU | BPF_LSH | BPF_X:
			assert_true(r[in->src_reg] < 32);
			r[in->dst_reg] = (uint32_t)r[in->dst_reg] << r[in->src_reg];
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			r[in->dst_reg] = (uint32_t)r[in->dst_reg] & (uint32_t)in->imm;
			break;
		case BPF_JMP | BPF_EXIT:
			out.verdict = (uint32_t)r[0];
			return out;
		default:
			fail_msg("instruction %zu has code %#x", at, in->code);
		}
	}
	fail_msg("main has no end");
	return out;
}

static struct outcome expect(const struct libxdp_config *config, const uint32_t *verdicts)
{
	for (size_t i = 0; i < config->n; i++)
		if (verdicts[i] > 31 ||
		    (verdicts[i] < 31 && !(config->slots[i].actions & 1u << verdicts[i])))
			return (struct outcome){verdicts[i], i + 1};
	return (struct outcome){XDP_PASS, config->n};
}

static void the_first_verdict_outside_of_its_mask_ends_the_chain(void **state)
{
	(void)state;
	srandom(1);
	for (int round = 0; round < 20000; round++) {
		_cleanup_(dispatcher_code_done) struct dispatcher_code code = {0};
		struct libxdp_config config = {.n = 1 + (size_t)random() % CONFIG_SLOTS};
		struct outcome is, should;
		uint32_t verdicts[CONFIG_SLOTS];

		for (size_t i = 0; i < CONFIG_SLOTS; i++) {
			config.slots[i].actions = (uint32_t)random() | (uint32_t)random();
			verdicts[i] = (uint32_t)random() % 40;
			if (random() % 16 == 0)
				verdicts[i] = (uint32_t)random() * 2;
		}
		assert_int_equal(dispatcher_write(&config, &code), 0);
		is = execute(&code, verdicts);
		should = expect(&config, verdicts);
		assert_int_equal(is.verdict, should.verdict);
		assert_int_equal(is.n_runs, should.n_runs);
	}
}

static void each_slot_is_a_function_that_may_change_the_packet(void **state)
{
	_cleanup_(dispatcher_code_done) struct dispatcher_code code = {0};
	const struct libxdp_config config = {.n = CONFIG_SLOTS};

	(void)state;
	assert_int_equal(dispatcher_write(&config, &code), 0);
	assert_int_equal(code.n_insns, DISPATCHER_INSNS_MAX);
	for (size_t i = 0; i < CONFIG_SLOTS; i++) {
		const struct bpf_insn *in = &code.insns[code.functions[1 + i].insn_off];
		char name[16];

		snprintf(name, sizeof(name), "prog%zu", i);
		assert_string_equal(btf_find_function(code.btf.data, code.btf.len, code.slots[i]),
				    name);
		assert_int_equal(in[1].imm, BPF_FUNC_xdp_adjust_tail);
		assert_int_equal(in[2].imm, 31);
		assert_int_equal(in[3].code, BPF_JMP | BPF_EXIT);
	}
	assert_string_equal(
		btf_find_function(code.btf.data, code.btf.len, code.functions[0].type_id),
		"xdp_dispatcher");
}

/* Needs no freplace: an empty slot goes on to the next, and behind the last comes pass. */
static void the_kernel_takes_one_to_ten_empty_slots_and_passes_the_packet(void **state)
{
	unsigned char packet[64] = {0}, back[128];

	(void)state;
	if (geteuid() != 0)
		skip();
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	for (size_t n = 1; n <= CONFIG_SLOTS; n++) {
		const struct libxdp_config config = {.n = n};
		struct bpf_test test = {.in = packet,
					.in_len = sizeof(packet),
					.out = back,
					.out_len = sizeof(back),
					.repeat = 1};
		struct dispatcher dispatcher = {.fd = -1};
		struct reason why _reason_ = {0};
		struct bpf_prog_info info;
		int fd _close_ = -1;

		if (dispatcher_load(&config, &dispatcher, &why) < 0)
			fail_msg("%s\n%s", why.text, why.detail ? why.detail : "");
		fd = dispatcher.fd;
		assert_int_equal(bpf_program_info(fd, &info), 0);
		assert_string_equal(info.name, "xdp_dispatcher");
		assert_int_equal(info.nr_map_ids, 1);
		assert_int_equal(info.id, dispatcher.id);
		assert_int_equal(bpf_program_test(fd, &test), 0);
		assert_int_equal(test.verdict, XDP_PASS);
		assert_int_equal(test.out_len, sizeof(packet));
	}
}

static void a_refusal_has_the_words_of_the_verifier_and_its_whole_log(void **state)
{
	const struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_EXIT}};
	struct bpf_program_spec spec = {
		.type = BPF_PROG_TYPE_XDP, .insns = insns, .n_insns = 1, .license = "GPL"};
	struct reason why _reason_ = {0};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(dispatcher_program_load(&spec, "nothing", &why), -EACCES);
	assert_string_equal(why.text, "the kernel refuses nothing: R0 !read_ok");
	assert_non_null(strstr(why.detail, "processed 1 insns"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_verdict_outside_of_its_mask_ends_the_chain),
		cmocka_unit_test(each_slot_is_a_function_that_may_change_the_packet),
		cmocka_unit_test(a_refusal_has_the_words_of_the_verifier_and_its_whole_log),
		cmocka_unit_test(the_kernel_takes_one_to_ten_empty_slots_and_passes_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
