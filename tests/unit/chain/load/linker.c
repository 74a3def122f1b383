/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the linker of tests: segments of a few instructions, good and bad. */
#include "linker.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/link.h"

#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}
#define PASS                                                                                       \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS         \
	}
#define STORE(at)                                                                                  \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = (at)              \
	}

struct linker linker;

const struct chain_limits chain_limits_default = {64, 1000000, 256, 512, 32, false};

void chain_plan_done(struct chain_plan *plan)
{
	free(plan->members);
	plan->members = NULL;
}

int chain_plan(const struct chain_rules *rules, const struct chain_limits *limits,
	       const struct chain_member *list, size_t n, struct chain_plan *ret,
	       struct reason *why)
{
	(void)why;
	*ret = (struct chain_plan){.rules = rules,
				   .limits = limits,
				   .list = list,
				   .n = n,
				   .mode = CHAIN_SEGMENT,
				   .n_segments = linker.n_segments};
	ret->members = calloc(n, sizeof(*ret->members));
	ret->members[n - 1].is_alone = linker.is_alone;
	return 0;
}

int chain_refine(struct chain_plan *plan, uint32_t segment, int code, const char *log)
{
	(void)plan;
	linker.n_refined++;
	linker.refined_segment = segment;
	linker.refined_code = code;
	snprintf(linker.refined_log, sizeof(linker.refined_log), "%s", log);
	linker.turns--;
	return linker.is_stubborn || linker.turns >= 0;
}

static void write_code(struct chain_code *code, const struct bpf_insn *insns, uint32_t n)
{
	code->insns = calloc(n, sizeof(*insns));
	memcpy(code->insns, insns, n * sizeof(*insns));
	code->n_insns = n;
	code->origins = calloc(2, sizeof(*code->origins));
	code->origins[0] = (struct chain_origin){.insn = 0, .member = UINT32_MAX};
	code->origins[1] = (struct chain_origin){.insn = 1, .member = 0, .from = 0};
	code->n_origins = 2;
}

static void write_call(struct chain_code *code, const char *module, int16_t off)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .src_reg = 2, .off = off}, PASS, EXIT};

	write_code(code, insns, array_size(insns));
	code->kfuncs = calloc(1, sizeof(*code->kfuncs));
	code->n_kfuncs = 1;
	snprintf(code->kfuncs->module, sizeof(code->kfuncs->module), "%s", module);
}

static void write_good(struct chain_code *code)
{
	static const struct bpf_insn good[] = {PASS, EXIT};

	write_code(code, good, array_size(good));
}

static int write_fault(struct chain_code *code, enum linker_fault fault)
{
	static const struct bpf_insn access[] = {
		PASS,
		STORE(-8),
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .src_reg = 1, .off = 4096},
		EXIT};
	static const struct bpf_insn stack[] = {
		STORE(-496), {.code = BPF_JMP | BPF_CALL, .src_reg = 1, .imm = 1},
		EXIT,	     STORE(-496),
		PASS,	     EXIT};

	if (fault == LINKER_BAD_ACCESS)
		write_code(code, access, array_size(access));
	else if (fault == LINKER_BAD_STACK)
		write_code(code, stack, array_size(stack));
	else if (fault == LINKER_NO_MODULE || fault == LINKER_LOST_MODULE)
		write_call(code, fault == LINKER_NO_MODULE ? "not_there" : "",
			   fault == LINKER_NO_MODULE ? 0 : 1);
	else
		write_good(code);
	if (fault == LINKER_BAD_TYPES)
		code->btf = calloc(1, code->btf_len = 64);
	if (fault == LINKER_STRANGE_MAP) {
		code->map_refs = calloc(1, sizeof(*code->map_refs));
		*code->map_refs = (struct map_ref){.insn = 0, .map = CHAIN_KEY_STATS};
		code->n_map_refs = 1;
	}
	return 0;
}

int chain_link(const struct chain_plan *plan, uint32_t segment, struct chain_code *ret,
	       struct reason *why)
{
	bool is_faulty = segment == linker.at && linker.turns > 0;
	enum linker_fault fault = is_faulty ? linker.fault : LINKER_GOOD;

	(void)plan;
	linker.n_links++;
	if (fault == LINKER_TOO_WIDE)
		return fail(why, -E2BIG, "a jump is too wide");
	if (fault == LINKER_NO_MEMORY)
		return fail(why, -ENOMEM, "out of memory");
	ret->license = strdup("GPL");
	return write_fault(ret, fault);
}

const struct chain_origin *chain_find_origin(const struct chain_code *code, uint32_t insn)
{
	return insn < code->n_insns ? &code->origins[insn > 0] : NULL;
}

void chain_code_done(struct chain_code *code)
{
	free(code->insns);
	free(code->map_refs);
	free(code->kfuncs);
	free(code->btf);
	free(code->license);
	free(code->origins);
	*code = (struct chain_code){0};
}
