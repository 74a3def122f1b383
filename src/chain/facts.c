/* SPDX-License-Identifier: Apache-2.0 */
/* Owns reading a member: its functions and what decides how it may run. Everything that is read
 * comes from a process that read foreign bytes. */
#include "chain/facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/insn.h"
#include "chain/refuse.h"

#define MAP_TYPE_ARENA	  33
#define MARK_START	  1 /* of a function */
#define MARK_SECOND	  2 /* half of an instruction */
#define FUNC_INFO_MIN	  8
#define BYTES_IN_INSN	  8
#define RETURNS_INT_FIRST (-1)

/* @n_maps, @n_kfuncs: references that were met so far. */
struct reading {
	const struct chain_member *member;
	const struct bpf_insn *insns;
	uint32_t n;
	uint8_t *marks;
	uint32_t n_maps;
	uint32_t n_kfuncs;
	struct chain_facts *facts;
};

/* Functions whose use of memory or types names BTF of the program itself, whose numbers change. */
static const char *const local_kfuncs[] = {
	"bpf_obj_new",		"bpf_obj_drop",	       "bpf_percpu_obj_new", "bpf_percpu_obj_drop",
	"bpf_refcount_acquire", "bpf_list_push_front", "bpf_list_push_back", "bpf_rbtree_add",
};

static void refuse(struct chain_facts *facts, const char *what, const char *which)
{
	if (!facts->refusal[0])
		snprintf(facts->refusal, sizeof(facts->refusal), "%s%s", what, which);
}

static void read_kfunc(struct chain_facts *facts, const char *name)
{
	facts->has_kfunc = true;
	if (strcmp(name, "bpf_throw") == 0)
		refuse(facts, "it throws exceptions, which would end the whole chain", "");
	for (size_t i = 0; i < array_size(local_kfuncs); i++)
		if (strncmp(name, local_kfuncs[i], strlen(local_kfuncs[i])) == 0)
			refuse(facts, "it makes objects of types in its own BTF with ", name);
}

static int mark_function(struct reading *rd, int64_t target)
{
	if (target < 0 || target >= rd->n)
		return -EINVAL;
	rd->marks[target] |= MARK_START;
	return 0;
}

/* A descriptor in an instruction means nothing here: each must have come with a reference. */
static int read_map(struct reading *rd, uint32_t i)
{
	const struct instructions *code = rd->member->code;
	const struct map_ref *ref;
	const struct chain_map *map;

	if (rd->n_maps >= code->n_map_refs)
		return -EINVAL;
	ref = &code->map_refs[rd->n_maps];
	if (ref->insn != i || ref->map >= rd->member->n_maps)
		return -EINVAL;
	rd->n_maps++;
	map = &rd->member->maps[ref->map];
	if (map->type == MAP_TYPE_ARENA) {
		rd->facts->has_arena = true;
		rd->facts->arena = map->key;
	}
	for (uint32_t k = 0; k < rd->facts->n_keys; k++)
		if (rd->facts->keys[k] == map->key)
			return 0;
	rd->facts->keys[rd->facts->n_keys++] = map->key;
	return 0;
}

static int read_wide(struct reading *rd, uint32_t i)
{
	const struct bpf_insn *in = &rd->insns[i];

	if (i + 1 >= rd->n || in[1].code != 0)
		return -EINVAL;
	rd->marks[i + 1] |= MARK_SECOND;
	if (in->src_reg == BPF_PSEUDO_FUNC)
		return mark_function(rd, insn_target(in, i));
	if (insn_names_map(in))
		return read_map(rd, i);
	if (in->src_reg == BPF_PSEUDO_BTF_ID && in[1].imm != 0)
		refuse(rd->facts, "it uses a variable of a kernel module", "");
	else if (in->src_reg != 0 && in->src_reg != BPF_PSEUDO_BTF_ID)
		return -EINVAL;
	return 0;
}

static int read_call(struct reading *rd, uint32_t i)
{
	const struct instructions *code = rd->member->code;
	const struct bpf_insn *in = &rd->insns[i];

	if (insn_is_call(in))
		return mark_function(rd, insn_target(in, i));
	if (insn_is_helper(in)) {
		if (in->imm == HELPER_TAIL_CALL)
			rd->facts->has_tail_call = true;
		if (chain_is_gpl_helper(in->imm))
			rd->facts->gpl_helper = in->imm;
		return 0;
	}
	if (!insn_is_kfunc(in) || rd->n_kfuncs >= code->n_kfuncs ||
	    code->kfuncs[rd->n_kfuncs].insn != i)
		return -EINVAL;
	read_kfunc(rd->facts, code->kfuncs[rd->n_kfuncs++].name);
	return 0;
}

static int read_instruction(struct reading *rd, uint32_t i)
{
	const struct bpf_insn *in = &rd->insns[i];
	uint8_t mode = BPF_MODE(in->code);

	if (insn_is_wide(in))
		return read_wide(rd, i);
	if (in->code == (BPF_JMP | BPF_CALL))
		return read_call(rd, i);
	if (in->code == 0)
		return -EINVAL;
	if (BPF_CLASS(in->code) == BPF_LD && (mode == BPF_ABS || mode == BPF_IND))
		rd->facts->has_ld_abs = true;
	if (in->code == (BPF_JMP | INSN_JCOND))
		rd->facts->has_may_goto = true;
	if (in->code == INSN_GOTOX)
		refuse(rd->facts, "it jumps to computed places", "");
	return 0;
}

static int read_instructions(struct reading *rd)
{
	rd->marks[0] |= MARK_START;
	for (uint32_t i = 0; i < rd->n; i++) {
		int r = 0;

		if (!(rd->marks[i] & MARK_SECOND))
			r = read_instruction(rd, i);
		if (r < 0)
			return r;
	}
	if (rd->n_maps != rd->member->code->n_map_refs ||
	    rd->n_kfuncs != rd->member->code->n_kfuncs)
		return -EINVAL;
	return 0;
}

static uint32_t read_func_info(const struct instructions *code, uint32_t i, uint32_t *ret_type)
{
	const unsigned char *rec =
		(const unsigned char *)code->func_info + (size_t)i * code->func_info_rec_size;
	uint32_t insn;

	memcpy(&insn, rec, sizeof(insn));
	memcpy(ret_type, rec + sizeof(insn), sizeof(*ret_type));
	return insn;
}

static int mark_func_info(struct reading *rd)
{
	const struct instructions *code = rd->member->code;
	uint32_t type;
	int r = 0;

	if (code->n_func_info && code->func_info_rec_size < FUNC_INFO_MIN)
		return -EINVAL;
	for (uint32_t i = 0; i < code->n_func_info && r == 0; i++)
		r = mark_function(rd, read_func_info(code, i, &type));
	return r;
}

static int find_functions(struct reading *rd)
{
	struct chain_facts *facts = rd->facts;

	facts->functions = calloc(INSTRUCTIONS_FUNCTIONS_MAX, sizeof(*facts->functions));
	if (!facts->functions)
		return -ENOMEM;
	for (uint32_t i = 0; i < rd->n; i++) {
		if (!(rd->marks[i] & MARK_START))
			continue;
		if (rd->marks[i] & MARK_SECOND || facts->n_functions >= INSTRUCTIONS_FUNCTIONS_MAX)
			return -EINVAL;
		if (facts->n_functions)
			facts->functions[facts->n_functions - 1].end = i;
		facts->functions[facts->n_functions++].start = i;
	}
	facts->functions[facts->n_functions - 1].end = rd->n;
	for (uint32_t i = 0; i < rd->member->code->n_func_info; i++) {
		uint32_t type, insn = read_func_info(rd->member->code, i, &type);

		facts->functions[chain_facts_function(facts, insn)].type_id = type;
	}
	return 0;
}

/* Jumps stay within the function, and its end is not run over. */
static int check_function(const struct reading *rd, struct chain_function *f)
{
	const struct bpf_insn *last = &rd->insns[f->end - 1];
	int64_t target;

	if (rd->marks[f->end - 1] & MARK_SECOND || !(insn_is_exit(last) || insn_is_goto(last)))
		return rd->facts->refusal[0] ? 0 : -EINVAL;
	for (uint32_t i = f->start; i < f->end; i++) {
		const struct bpf_insn *in = &rd->insns[i];

		if (rd->marks[i] & MARK_SECOND)
			continue;
		if (insn_is_helper(in) && in->imm == HELPER_TAIL_CALL)
			f->has_tail_call = true;
		if (!insn_is_jump(in) || in->code == INSN_GOTOX)
			continue;
		target = insn_target(in, i);
		if (target < f->start || target >= f->end || rd->marks[target] & MARK_SECOND)
			return -EINVAL;
	}
	return 0;
}

static int check_functions(struct reading *rd)
{
	struct chain_facts *facts = rd->facts;
	const struct chain_function *main = &facts->functions[0];
	int r = 0;

	for (size_t f = 0; f < facts->n_functions && r == 0; f++)
		r = check_function(rd, &facts->functions[f]);
	for (uint32_t i = main->end; i-- > main->start;)
		if (!(rd->marks[i] & MARK_SECOND) && insn_is_exit(&rd->insns[i]))
			facts->exit_far = main->end - i;
	return r;
}

static int read_member(struct reading *rd, const struct chain_rules *rules,
		       const struct chain_limits *limits)
{
	const struct instructions *code = rd->member->code;
	int r;

	r = mark_func_info(rd);
	if (r == 0)
		r = read_instructions(rd);
	if (r == 0)
		r = find_functions(rd);
	if (r == 0)
		r = check_functions(rd);
	if (r == 0)
		r = chain_calls_measure(rd->facts, rd->member, limits);
	if (r == 0)
		r = chain_verdicts_of(code, rules->program_type, &rd->facts->returns);
	return r;
}

int chain_facts_new(const struct chain_member *member, const struct chain_rules *rules,
		    const struct chain_limits *limits, struct chain_facts **ret, struct reason *why)
{
	const struct instructions *code = member->code;
	struct chain_facts *facts;
	_free_ uint8_t *marks = NULL;
	int r;

	if (code->n_insns == 0 || code->n_insns > INSTRUCTIONS_MAX)
		return fail(why, -EINVAL, "%s: not a program", member->name);
	facts = calloc(1, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	*ret = facts;
	facts->weight = code->verified ? code->verified : code->n_insns;
	marks = calloc(code->n_insns, 1);
	facts->keys = calloc((size_t)code->n_map_refs + 1, sizeof(*facts->keys));
	if (!marks || !facts->keys)
		return -ENOMEM;
	r = read_member(&(struct reading){.member = member,
					  .insns = code->insns,
					  .n = code->n_insns,
					  .marks = marks,
					  .facts = facts},
			rules, limits);
	if (r < 0)
		return fail(why, r, "%s: its instructions are not those of a loaded program",
			    member->name);
	return 0;
}

void chain_facts_free(struct chain_facts *facts)
{
	if (!facts)
		return;
	free(facts->functions);
	free(facts->keys);
	free(facts);
}

size_t chain_facts_function(const struct chain_facts *facts, uint32_t insn)
{
	size_t low = 0, high = facts->n_functions;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (facts->functions[middle].start <= insn)
			low = middle;
		else
			high = middle;
	}
	return low;
}
