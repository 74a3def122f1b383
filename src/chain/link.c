/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the order in which a segment is written: prologue, members with their joints, end,
 * functions. */
#include "chain/link.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/facts.h"
#include "chain/refuse.h"
#include "chain/segments.h"
#include "chain/write/body.h"
#include "chain/write/joint.h"
#include "chain/write/lines.h"
#include "chain/write/stats.h"

void chain_code_done(struct chain_code *code)
{
	free(code->insns);
	free(code->map_refs);
	free(code->kfuncs);
	free(code->func_info);
	free(code->line_info);
	free(code->btf);
	free(code->license);
	free(code->origins);
	memset(code, 0, sizeof(*code));
}

static void done(struct writer *w)
{
	for (size_t i = 0; w->copies && i < w->segment.end - w->segment.first; i++)
		types_copy_done(&w->copies[i]);
	free(w->copies);
	text_done(&w->insns);
	text_done(&w->map_refs);
	text_done(&w->kfuncs);
	text_done(&w->origins);
	text_done(&w->lines);
	text_done(&w->funcs);
	btf_writer_done(&w->btf);
}

static int begin(struct writer *w)
{
	size_t n = w->segment.end - w->segment.first;
	uint32_t func;

	w->has_stats = chain_segment_has_stats(w->plan, w->segment);
	w->slots = (int16_t) -
		   (int32_t)(chain_segment_stack(w->plan, w->segment) + CHAIN_STACK_CONTEXT);
	w->copies = calloc(n, sizeof(*w->copies));
	if (!w->copies)
		return -ENOMEM;
	w->own = types_add_own(&w->btf, w->plan->rules->context);
	for (size_t i = 0; i < n; i++) {
		const struct chain_member *m = &w->plan->list[w->segment.first + i];
		int r = types_copy_init(&w->copies[i], &w->btf, m->btf, m->btf_len);

		if (r < 0)
			return r;
	}
	func = types_add_func(&w->btf, CHAIN_NAME, w->own.context_proto, TYPES_GLOBAL);
	body_add_function(w, 0, func);
	return 0;
}

/* Does anything load the context again? */
static bool needs_context(const struct writer *w)
{
	return w->has_stats || !w->segment.is_last || w->segment.end - w->segment.first > 1;
}

static void write_prologue(struct writer *w)
{
	emit_origin(w, UINT32_MAX, 0);
	lines_add(w, "chain", "the chain begins");
	if (needs_context(w))
		emit(w, EMIT_STORE(BPF_REG_10, w->slots, BPF_REG_1));
	if (w->has_stats)
		stats_write_prologue(w);
}

static uint32_t write_member(struct writer *w, size_t i)
{
	uint32_t body;

	stats_write_start(w, i);
	if (i > w->segment.first || w->has_stats)
		joint_write_context(w);
	body = body_write(w, i);
	stats_write_end(w, i);
	joint_write(w, i);
	return body;
}

static int write_all(struct writer *w)
{
	_free_ uint32_t *bodies = calloc(w->plan->n, sizeof(*bodies));

	if (!bodies)
		return -ENOMEM;
	write_prologue(w);
	for (size_t i = w->segment.first; i < w->segment.end; i++)
		bodies[i] = write_member(w, i);
	joint_write_end(w);
	for (size_t i = w->segment.first; i < w->segment.end; i++)
		body_write_functions(w, i, bodies[i]);
	for (size_t i = 0; i < w->segment.end - w->segment.first; i++)
		types_copy_tags(&w->copies[i]);
	return w->r;
}

/* Move an array of @size bytes each out of the text. */
static void *take(struct text *t, size_t size, uint32_t *ret_n)
{
	*ret_n = (uint32_t)(t->len / size);
	return t->len ? text_take(t) : NULL;
}

static int finish(struct writer *w, struct chain_code *ret)
{
	_cleanup_(chain_code_done) struct chain_code code = {.n_insns = 0};
	struct text *texts[] = {&w->insns,   &w->map_refs, &w->kfuncs,
				&w->origins, &w->lines,	   &w->funcs};
	int r = btf_write(&w->btf, &code.btf, &code.btf_len);

	for (size_t i = 0; i < array_size(texts) && r == 0; i++)
		r = texts[i]->r;
	if (r == 0)
		r = text_set(&code.license, chain_licence(w->plan));
	if (r < 0)
		return r;
	code.prog_flags = CHAIN_F_FRAGS;
	for (size_t i = 0; i < w->plan->n; i++)
		code.prog_flags &= w->plan->list[i].code->prog_flags;
	code.insns = take(&w->insns, sizeof(struct bpf_insn), &code.n_insns);
	code.map_refs = take(&w->map_refs, sizeof(*code.map_refs), &code.n_map_refs);
	code.kfuncs = take(&w->kfuncs, sizeof(*code.kfuncs), &code.n_kfuncs);
	code.origins = take(&w->origins, sizeof(*code.origins), &code.n_origins);
	code.line_info = take(&w->lines, LINES_RECORD, &code.n_line_info);
	code.func_info = take(&w->funcs, 2 * sizeof(uint32_t), &code.n_func_info);
	*ret = code;
	code = (struct chain_code){.n_insns = 0};
	return 0;
}

int chain_link(const struct chain_plan *plan, uint32_t segment, struct chain_code *ret,
	       struct reason *why)
{
	_cleanup_(done) struct writer w = {.plan = plan, .number = segment};
	int r;

	if (segment >= plan->n_segments || plan->mode == CHAIN_DIRECT)
		return fail(why, -EINVAL, "no segment %u in the chain", segment);
	w.segment = chain_segment_get(plan, segment);
	if (plan->members[w.segment.first].is_alone)
		return fail(why, -EINVAL, "segment %u is the member itself", segment);
	r = begin(&w);
	if (r == 0)
		r = write_all(&w);
	if (r == -E2BIG)
		return fail(why, r, "a jump in the chain is too wide for this kernel");
	if (r == 0)
		r = finish(&w, ret);
	return r < 0 ? fail(why, r, "cannot link the chain: %s", strerror(-r)) : 0;
}

const struct chain_origin *chain_find_origin(const struct chain_code *code, uint32_t insn)
{
	uint32_t low = 0, high = code->n_origins;

	if (insn >= code->n_insns || high == 0 || code->origins[0].insn > insn)
		return NULL;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (code->origins[middle].insn <= insn)
			low = middle;
		else
			high = middle;
	}
	return &code->origins[low];
}
