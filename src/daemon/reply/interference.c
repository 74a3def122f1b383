/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the judgement who hides whom on a hook. Sets of codes are as in chain_verdicts(). */
#include "daemon/reply/interference.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "chain/chain.h"
#include "daemon/context.h"
#include "daemon/reply/reply.h"
#include "daemon/store/store.h"
#include "kernel/dump.h"
#include "model/instructions.h"
#include "model/link.h"
#include "model/verdict.h"

#define BIT(code)  (UINT64_C(1) << ((code) + 1))
#define UNKNOWN	   UINT64_MAX /* computed: every verdict is possible */
#define LAST_CODE  61
#define NAMES_MAX  64
#define VICTIM_MAX 4

/* After these nobody behind runs; the others mean "next" on both ways of tc. ok, shot, stolen,
 * redirect, trap */
#define TC_FINAL (BIT(0) | BIT(2) | BIT(4) | BIT(7) | BIT(8) | CHAIN_RETURNS_OTHER)

/* A tcx program ends tcx with every other code than next, and all with ok, shot and redirect. */
#define TCX_ENDS  (~BIT(-1))
#define TCX_FINAL (BIT(0) | BIT(2) | BIT(7) | CHAIN_RETURNS_OTHER)

/**
 * struct place - an entry on the path of packets through an interface.
 * @path: equal for entries that follow each other: "xdp:eth0", "eth0/ingress".
 */
struct place {
	Bpfd__V1__HookEntry *entry;
	enum hook_kind kind;
	const char *path;
	uint64_t returns;
	uint64_t proceeds;
	bool is_member;
	bool is_filter;
};

static const struct link *find_link(const struct link_list *ours, uint32_t id)
{
	for (size_t i = 0; id && i < ours->n; i++)
		if (ours->items[i].id == id)
			return &ours->items[i];
	return NULL;
}

/* What we loaded is known as it was before the kernel translated it. */
static int stored_returns(struct context *ctx, const struct link *link, uint64_t *ret)
{
	_cleanup_(instructions_done) struct instructions code = {0};
	_free_ void *data = NULL;
	size_t len = 0;
	int r = store_code_get(ctx->store, link->program, &data, &len, NULL);

	if (r == 0)
		r = instructions_decode(data, len, &code);
	return r < 0 ? r : chain_verdicts(code.insns, code.n_insns, ret);
}

static int foreign_returns(uint32_t program_id, uint64_t *ret)
{
	_free_ void *insns = NULL;
	uint32_t n = 0;
	int r = dump_translated(program_id, &insns, &n);

	return r < 0 ? r : chain_verdicts(insns, n, ret);
}

static uint64_t returns_of(struct context *ctx, const struct link *link, uint32_t program_id)
{
	uint64_t returns = 0;
	int r = link ? stored_returns(ctx, link, &returns) : foreign_returns(program_id, &returns);

	return r < 0 ? UNKNOWN : returns;
}

static uint64_t proceeds_of(const Bpfd__V1__HookEntry *e, enum verdict_family family)
{
	int32_t codes[32];
	uint32_t set = 0;
	uint64_t bits = 0;
	size_t n;

	for (size_t i = 0; i < e->n_proceed_on; i++)
		verdict_parse(family, e->proceed_on[i], &set, NULL);
	n = verdict_codes(family, set, codes);
	for (size_t i = 0; i < n; i++)
		bits |= BIT(codes[i]);
	return bits;
}

static bool is_watched(enum hook_kind kind)
{
	return kind == HOOK_XDP || kind == HOOK_TC || kind == HOOK_TCX;
}

static bool init_place(struct request *rq, Bpfd__V1__HookEntry *e, const struct link_list *ours,
		       struct place *ret)
{
	_cleanup_(hook_done) struct hook hook = {0};
	const char *colon = strchr(e->hook, ':');

	if (!colon || hook_parse(e->hook, &hook, NULL) < 0 || !is_watched(hook.kind))
		return false;
	*ret = (struct place){.entry = e,
			      .kind = hook.kind,
			      .path = hook.kind == HOOK_XDP ? e->hook : colon + 1,
			      .returns = CHAIN_RETURNS_OTHER,
			      .is_member = *e->chain_mode,
			      .is_filter = strcmp(e->attached_by, "netlink") == 0 &&
					   hook.kind == HOOK_TC};
	if (e->program_id)
		ret->returns = returns_of(rq->ctx, find_link(ours, e->link_id), e->program_id);
	ret->proceeds = proceeds_of(e, hook_kind_info(hook.kind)->verdicts);
	return true;
}

static void name_returns(struct request *rq, const struct place *p)
{
	enum verdict_family family = hook_kind_info(p->kind)->verdicts;
	Bpfd__V1__HookEntry *e = p->entry;

	e->returns = reply_array(rq, NAMES_MAX);
	if (!e->returns || !e->program_id)
		return;
	for (int code = -1; code <= LAST_CODE && p->returns != UNKNOWN; code++) {
		const char *name = verdict_of_code(family, code);

		if ((p->returns & BIT(code)) && strcmp(name, "other") != 0)
			e->returns[e->n_returns++] = request_string(rq, name);
	}
	if (p->returns & CHAIN_RETURNS_OTHER)
		e->returns[e->n_returns++] = request_string(rq, "other");
}

/* The codes of @p with which @behind does not run. */
static uint64_t hides(const struct place *p, const struct place *behind)
{
	bool is_same_chain = p->is_member && behind->is_member && p->kind == behind->kind &&
			     strcmp(p->entry->hook, behind->entry->hook) == 0;

	if (is_same_chain)
		return p->returns & ~p->proceeds;
	if (p->kind == HOOK_XDP)
		return 0;
	if (p->is_member || p->kind == HOOK_TC)
		return p->returns & ~p->proceeds & TC_FINAL;
	return p->returns & (behind->is_filter ? TCX_FINAL : TCX_ENDS);
}

static void add_warning(struct request *rq, Bpfd__V1__HookEntry *e, struct text *words)
{
	if (words->r < 0 || !words->data)
		return;
	if (!e->warnings)
		e->warnings = reply_array(rq, 2);
	if (e->warnings && e->n_warnings < 2)
		e->warnings[e->n_warnings++] = request_string(rq, words->data);
}

static void tell_codes(const struct place *p, uint64_t codes, struct text *to)
{
	enum verdict_family family = hook_kind_info(p->kind)->verdicts;
	const char *sep = "";

	if (p->entry->program_id == 0) {
		text_add(to, "it is no BPF program, and what it takes goes no further");
		return;
	}
	text_add(to, "the packet goes no further after ");
	for (int code = -1; code <= LAST_CODE && p->returns != UNKNOWN; code++) {
		if (!(codes & BIT(code)) || strcmp(verdict_of_code(family, code), "other") == 0)
			continue;
		text_add(to, "%s%s", sep, verdict_of_code(family, code));
		sep = ", ";
	}
	if (codes & CHAIN_RETURNS_OTHER)
		text_add(to, "%s%s", sep,
			 p->returns == UNKNOWN ? "a verdict that it computes" : "others");
}

static void warn_hidden(struct request *rq, const struct place *places, size_t n)
{
	const struct place *p = &places[0];
	_text_ struct text words = {0}, names = {0};
	uint64_t codes = 0;
	size_t victims = 0;

	for (size_t i = 1; i < n; i++) {
		uint64_t with = strcmp(places[i].path, p->path) == 0 ? hides(p, &places[i]) : 0;

		codes |= with;
		if (with && victims++ < VICTIM_MAX)
			text_add(&names, "%s%s", victims > 1 ? ", " : "", places[i].entry->program);
	}
	if (victims == 0 || names.r < 0)
		return;
	tell_codes(p, codes, &words);
	text_add(&words, ": then %s", names.data);
	if (victims > VICTIM_MAX)
		text_add(&words, " and %zu more", victims - VICTIM_MAX);
	text_add(&words, " behind it %s not run", victims > 1 ? "do" : "does");
	add_warning(rq, p->entry, &words);
}

static void warn_blocked(struct request *rq, const struct place *p)
{
	_text_ struct text words = {0};
	Bpfd__V1__HookEntry *e = p->entry;

	if (p->kind != HOOK_XDP || e->is_ours || p->is_member)
		return;
	text_add(&words,
		 "it holds the interface: bpfd can attach nothing to %s until its owner ends it",
		 e->hook);
	add_warning(rq, e, &words);
}

void interference_note(struct request *rq, Bpfd__V1__ListHooksResponse *out,
		       const struct link_list *ours)
{
	_free_ struct place *places = calloc(out->n_hooks + 1, sizeof(*places));
	size_t n = 0;

	for (size_t i = 0; places && i < out->n_hooks; i++)
		n += init_place(rq, out->hooks[i], ours, &places[n]);
	for (size_t i = 0; i < n; i++) {
		name_returns(rq, &places[i]);
		warn_blocked(rq, &places[i]);
		warn_hidden(rq, &places[i], n - i);
	}
}
