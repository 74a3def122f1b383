/* SPDX-License-Identifier: Apache-2.0 */
/* Owns moving the instructions of members: exits become jumps, calls and references follow. */
#include "chain/write/body.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chain/facts.h"
#include "chain/write/lines.h"

#define NAMES_NUMBER 16

/* Instructions @start to @end of member @i begin at @at in the segment. */
static void copy_refs(struct writer *w, const struct lines_range *range)
{
	const struct chain_member *m = &w->plan->list[range->member];
	const struct instructions *code = m->code;

	for (uint32_t i = 0; i < code->n_map_refs; i++) {
		struct map_ref ref = code->map_refs[i];

		if (ref.insn < range->start || ref.insn >= range->end)
			continue;
		ref.insn = ref.insn - range->start + range->at;
		ref.map = m->maps[ref.map].key;
		text_add_bytes(&w->map_refs, &ref, sizeof(ref));
	}
	for (uint32_t i = 0; i < code->n_kfuncs; i++) {
		struct kfunc_ref ref = code->kfuncs[i];

		if (ref.insn < range->start || ref.insn >= range->end)
			continue;
		ref.insn = ref.insn - range->start + range->at;
		text_add_bytes(&w->kfuncs, &ref, sizeof(ref));
	}
}

static void copy_range(struct writer *w, const struct lines_range *range)
{
	const struct instructions *code = w->plan->list[range->member].code;

	emit_origin(w, (uint32_t)range->member, range->start);
	text_add_bytes(&w->insns, (const struct bpf_insn *)code->insns + range->start,
		       (size_t)(range->end - range->start) * sizeof(struct bpf_insn));
	copy_refs(w, range);
	lines_copy(w, range);
}

static void redirect_exit(struct writer *w, uint32_t at, uint32_t joint)
{
	uint32_t distance = joint - at - 1;
	struct bpf_insn in = {.code = BPF_JMP | BPF_JA, .off = (int16_t)distance};

	if (distance > INT16_MAX) {
		in = (struct bpf_insn){.code = INSN_JUMP_WIDE, .imm = (int32_t)distance};
		if (!w->plan->limits->has_wide_jumps)
			w->r = -E2BIG;
	}
	*emit_get(w, at) = in;
}

uint32_t body_write(struct writer *w, size_t i)
{
	const struct chain_function *main = &w->plan->members[i].facts->functions[0];
	struct lines_range range = {.member = i, .end = main->end, .at = emit_at(w)};
	uint32_t joint = range.at + main->end;

	if (w->plan->members[i].is_called) {
		emit(w, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL});
		return range.at;
	}
	copy_range(w, &range);
	if (w->insns.r < 0)
		return range.at;
	for (uint32_t at = range.at; at < joint; at += insn_is_wide(emit_get(w, at)) ? 2 : 1)
		if (insn_is_exit(emit_get(w, at)))
			redirect_exit(w, at, joint);
	emit_origin(w, UINT32_MAX, 0);
	return range.at;
}

void body_add_function(struct writer *w, uint32_t at, uint32_t type)
{
	text_add_bytes(&w->funcs, &at, sizeof(at));
	text_add_bytes(&w->funcs, &type, sizeof(type));
}

/* Two members may have the same name, the chain has one function of each. */
static void name_called(const struct writer *w, size_t i, char ret[static 64 + NAMES_NUMBER])
{
	char other[64], number[NAMES_NUMBER];
	bool is_taken;

	types_format_name(w->plan->list[i].name, ret);
	is_taken = strcmp(ret, CHAIN_NAME) == 0;
	for (size_t k = w->segment.first; k < i; k++) {
		types_format_name(w->plan->list[k].name, other);
		is_taken |= strcmp(ret, other) == 0;
	}
	if (!is_taken)
		return;
	snprintf(number, sizeof(number), "_%u", (unsigned int)i + 1);
	memcpy(ret + strlen(ret), number, strlen(number) + 1);
}

static uint32_t type_of(struct writer *w, size_t i, size_t f)
{
	const struct chain_function *function = &w->plan->members[i].facts->functions[f];
	char name[64 + NAMES_NUMBER], base[64];
	uint32_t id = 0;

	if (f == 0) {
		name_called(w, i, name);
		return types_add_func(&w->btf, name, w->own.context_proto, TYPES_GLOBAL);
	}
	if (function->type_id)
		id = types_copy_func(&w->copies[i - w->segment.first], function->type_id,
				     w->own.static_proto);
	if (id)
		return id;
	types_format_name(w->plan->list[i].name, base);
	snprintf(name, sizeof(name), "%s_f%u", base, (unsigned int)f);
	return types_add_func(&w->btf, name, w->own.static_proto, TYPES_STATIC);
}

/* Calls of the inlined main function follow its functions. */
static void move_calls(struct writer *w, const struct chain_function *main, uint32_t body,
		       uint32_t block)
{
	for (uint32_t i = 0; i < main->end; i += insn_is_wide(emit_get(w, body + i)) ? 2 : 1) {
		struct bpf_insn *in = emit_get(w, body + i);
		int64_t target;

		if (!insn_names_function(in))
			continue;
		target = insn_target(in, i) - main->end + block;
		in->imm = (int32_t)(target - (body + i) - 1);
	}
}

void body_write_functions(struct writer *w, size_t i, uint32_t body)
{
	const struct chain_facts *facts = w->plan->members[i].facts;
	const struct chain_function *main = &facts->functions[0];
	bool is_called = w->plan->members[i].is_called;
	struct lines_range range = {.member = i,
				    .start = is_called ? 0 : main->end,
				    .end = w->plan->list[i].code->n_insns,
				    .at = emit_at(w)};

	if (range.start == range.end)
		return;
	copy_range(w, &range);
	if (w->insns.r < 0)
		return;
	if (is_called)
		emit_get(w, body)->imm = (int32_t)(range.at - body - 1);
	else
		move_calls(w, main, body, range.at);
	for (size_t f = is_called ? 0 : 1; f < facts->n_functions; f++)
		body_add_function(w, facts->functions[f].start - range.start + range.at,
				  type_of(w, i, f));
}
