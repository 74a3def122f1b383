/* SPDX-License-Identifier: Apache-2.0 */
/* Owns a member around its instructions: tail calls, loading alone, verdicts that go on. */
#include "member.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "blocks.h"
#include "kernel/bpf.h"
#include "verifier/verified.h"

#define LOG_SIZE (1 << 20)

static char last_log[LOG_SIZE];

const char *member_log(void)
{
	return last_log;
}

/* Counts, and returns a verdict; its array has it, or nothing. */
static int make_target(struct dice *dice, const struct chain_rules *rules,
		       const struct world *world, struct member *m)
{
	const struct bpf_map_spec spec = {BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0, "jumps"};
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_VALUE,
		 .imm = world->fds[WORLD_FIRST]},
		{.imm = 8 * (int32_t)dice_below(dice, WORLD_VALUES)},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = 1000},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = BPF_REG_0,
		 .imm = blocks_verdict(dice, rules)},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_program_spec program = {.type = rules->program_type,
						 .expected_attach_type = rules->attach_type,
						 .insns = insns,
						 .n_insns = array_size(insns),
						 .license = "GPL",
						 .name = "target"};
	struct bpf_map_info info;
	uint32_t key = 0;
	int r;

	m->array_fd = bpf_map_make(&spec);
	m->target_fd = bpf_program_load(&program);
	if (m->array_fd < 0 || m->target_fd < 0)
		return -EINVAL;
	r = dice_percent(dice, 70) ? bpf_map_put(m->array_fd, &key, &m->target_fd, BPF_ANY) : 0;
	if (r == 0)
		r = bpf_map_info(m->array_fd, &info);
	m->maps[_WORLD_MAPS] = (struct chain_map){.key = info.id, .type = info.type};
	m->map_fds[_WORLD_MAPS] = m->array_fd;
	return r;
}

static int load_alone(const struct chain_rules *rules, struct member *m)
{
	struct bpf_insn insns[MEMBER_INSNS_MAX];
	struct bpf_program_spec spec = {.type = rules->program_type,
					.expected_attach_type = rules->attach_type,
					.insns = insns,
					.n_insns = m->code.n_insns,
					.license = "GPL",
					.name = m->name,
					.log = last_log,
					.log_size = LOG_SIZE,
					.log_level = VERIFIED_LOG_LEVEL};

	memcpy(insns, m->insns, sizeof(insns));
	for (uint32_t i = 0; i < m->code.n_map_refs; i++)
		insns[m->refs[i].insn].imm = m->map_fds[m->refs[i].map];
	last_log[0] = '\0';
	m->fd = bpf_program_load(&spec);
	if (m->fd < 0) {
		spec.log_level = 1;
		bpf_program_load(&spec);
	}
	return m->fd < 0 ? m->fd : 0;
}

/* As the daemon stores it; sometimes as of a kernel that did not tell. */
static void note_counts(struct dice *dice, struct member *m)
{
	struct verified verified;

	verified_parse(last_log, &verified);
	if (dice_percent(dice, 20) || verified.n_stacks > array_size(m->stacks))
		return;
	memcpy(m->stacks, verified.stacks, verified.n_stacks * sizeof(*m->stacks));
	m->code.stacks = m->stacks;
	m->code.n_stacks = verified.n_stacks;
	m->code.verified = verified.n_insns;
}

static void choose_proceeds(struct dice *dice, const struct chain_rules *rules, struct member *m)
{
	m->n_proceed_on = dice_percent(dice, 10) ? 0 : 1 + dice_below(dice, MEMBER_PROCEEDS_MAX);
	for (uint32_t i = 0; i < m->n_proceed_on; i++)
		m->proceed_on[i] = blocks_verdict(dice, rules);
	m->must_call = dice_percent(dice, 10);
}

int member_make(struct dice *dice, const struct chain_rules *rules, const struct world *world,
		struct member *ret)
{
	struct blocks blocks = {.dice = dice, .rules = rules, .m = ret};
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	ret->fd = ret->array_fd = ret->target_fd = ret->slot = -1;
	memcpy(ret->maps, world->maps, sizeof(world->maps));
	memcpy(ret->map_fds, world->fds, sizeof(world->fds));
	blocks.has_tail_call = dice_percent(dice, 8);
	if (blocks.has_tail_call)
		r = make_target(dice, rules, world, ret);
	if (r < 0)
		return r;
	blocks_write(&blocks);
	ret->code = (struct instructions){.insns = ret->insns,
					  .n_insns = blocks.n,
					  .map_refs = ret->refs,
					  .n_map_refs = blocks.n_refs,
					  .expected_attach_type = rules->attach_type,
					  .license = (char *)(uintptr_t) "GPL"};
	choose_proceeds(dice, rules, ret);
	r = load_alone(rules, ret);
	if (r == 0)
		note_counts(dice, ret);
	return r;
}

void member_done(struct member *m)
{
	fd_close(&m->fd);
	fd_close(&m->array_fd);
	fd_close(&m->target_fd);
}

void member_print(const struct member *m, FILE *to)
{
	fprintf(to, "%s does \"%s\"%s%s, goes on with", m->name, m->words,
		m->must_call ? ", called" : "", m->code.n_stacks ? "" : ", stack not told");
	for (uint32_t i = 0; i < m->n_proceed_on; i++)
		fprintf(to, " %d", m->proceed_on[i]);
	fprintf(to, "\n");
	for (uint32_t i = 0; i < m->code.n_insns; i++)
		fprintf(to, "%4u: code=0x%02x dst=r%u src=r%u off=%d imm=%d\n", i, m->insns[i].code,
			m->insns[i].dst_reg, m->insns[i].src_reg, m->insns[i].off, m->insns[i].imm);
}
