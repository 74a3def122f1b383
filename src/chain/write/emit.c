/* SPDX-License-Identifier: Apache-2.0 */
/* Owns appending to a segment. */
#include "chain/write/emit.h"

#include <string.h>

uint32_t emit_at(const struct writer *w)
{
	return (uint32_t)(w->insns.len / sizeof(struct bpf_insn));
}

struct bpf_insn *emit_get(const struct writer *w, uint32_t at)
{
	return (struct bpf_insn *)(void *)w->insns.data + at;
}

void emit(struct writer *w, struct bpf_insn in)
{
	text_add_bytes(&w->insns, &in, sizeof(in));
}

uint32_t emit_jump(struct writer *w, struct bpf_insn in)
{
	emit(w, in);
	return emit_at(w) - 1;
}

void emit_land(struct writer *w, uint32_t at)
{
	if (w->insns.r == 0)
		emit_get(w, at)->off = (int16_t)(emit_at(w) - at - 1);
}

void emit_map(struct writer *w, bool is_second, uint32_t key)
{
	struct bpf_insn in = {.code = BPF_LD | BPF_IMM | BPF_DW, .src_reg = BPF_PSEUDO_MAP_FD};
	struct map_ref ref = {.insn = emit_at(w), .map = key};

	in.dst_reg = is_second ? BPF_REG_2 : BPF_REG_1;
	text_add_bytes(&w->map_refs, &ref, sizeof(ref));
	emit(w, in);
	emit(w, (struct bpf_insn){.code = 0});
}

void emit_return(struct writer *w, int32_t code)
{
	emit(w, EMIT_OP32(BPF_MOV, BPF_REG_0, code));
	emit(w, EMIT_EXIT);
}

void emit_origin(struct writer *w, uint32_t member, uint32_t from)
{
	struct chain_origin origin = {.insn = emit_at(w), .member = member, .from = from};

	text_add_bytes(&w->origins, &origin, sizeof(origin));
}
