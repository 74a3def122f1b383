/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the list of what a chain cannot hold, and the mixing of licences. */
#include "chain/refuse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "chain/facts.h"

/*
 * .gpl_only of the bpf_func_proto in the kernel (kernel/trace/bpf_trace.c, net/core/filter.c,
 * kernel/bpf/helpers.c); those that programs on networks may call.
 */
static const struct {
	int32_t id;
	const char *name;
} gpl_helpers[] = {
	{4, "bpf_probe_read"},
	{6, "bpf_trace_printk"},
	{25, "bpf_perf_event_output"},
	{27, "bpf_get_stackid"},
	{45, "bpf_probe_read_str"},
	{69, "bpf_fib_lookup"},
	{112, "bpf_probe_read_user"},
	{113, "bpf_probe_read_kernel"},
	{114, "bpf_probe_read_user_str"},
	{115, "bpf_probe_read_kernel_str"},
	{148, "bpf_copy_from_user"},
	{177, "bpf_trace_vprintk"},
};

/* license_is_gpl_compatible() of the kernel. */
static const char *const gpl_licences[] = {
	"GPL",		"GPL v2",	"GPL and additional rights",
	"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

bool chain_is_gpl_helper(int32_t id)
{
	for (size_t i = 0; i < array_size(gpl_helpers); i++)
		if (gpl_helpers[i].id == id)
			return true;
	return false;
}

static const char *name_of(int32_t id)
{
	for (size_t i = 0; i < array_size(gpl_helpers); i++)
		if (gpl_helpers[i].id == id)
			return gpl_helpers[i].name;
	return "a helper";
}

static bool is_compatible(const char *licence)
{
	for (size_t i = 0; licence && i < array_size(gpl_licences); i++)
		if (strcmp(gpl_licences[i], licence) == 0)
			return true;
	return false;
}

static const struct chain_member *find_incompatible(const struct chain_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!is_compatible(plan->list[i].code->license))
			return &plan->list[i];
	return NULL;
}

const char *chain_licence(const struct chain_plan *plan)
{
	const struct chain_member *m = find_incompatible(plan);
	const char *licence = (m ? m : &plan->list[0])->code->license;

	return licence ? licence : "";
}

static int refuse_licences(const struct chain_plan *plan, struct reason *why)
{
	const struct chain_member *m = find_incompatible(plan);

	for (size_t i = 0; m && i < plan->n; i++) {
		const struct chain_facts *facts = plan->members[i].facts;

		if (!facts->gpl_helper && !facts->has_kfunc)
			continue;
		fail(why, -EPERM,
		     "%s has the licence \"%s\" and %s calls %s, which only a chain of GPL programs "
		     "may",
		     m->name, m->code->license ? m->code->license : "", plan->list[i].name,
		     facts->gpl_helper ? name_of(facts->gpl_helper) : "kernel functions");
		reason_hint(why, "attach one of them to another hook");
		return -EPERM;
	}
	return 0;
}

static int refuse_member(const struct chain_plan *plan, size_t i, struct reason *why)
{
	const struct chain_member *m = &plan->list[i];
	const struct chain_facts *facts = plan->members[i].facts;
	const uint32_t type = plan->rules->attach_type;
	const char *what = NULL;

	if (facts->refusal[0])
		what = facts->refusal;
	else if (m->code->prog_flags & CHAIN_F_DEV_BOUND)
		what = "it is bound to a device";
	else if (m->code->prog_flags & CHAIN_F_SLEEPABLE)
		what = "it sleeps";
	if (what) {
		fail(why, -EOPNOTSUPP, "%s cannot run in a chain: %s", m->name, what);
		reason_hint(why, "attach it alone, without proceed-on and statistics");
		return -EOPNOTSUPP;
	}
	if (!m->code->expected_attach_type || !type || m->code->expected_attach_type == type)
		return 0;
	fail(why, -EOPNOTSUPP, "%s was loaded for attach type %u, this hook has type %u", m->name,
	     m->code->expected_attach_type, type);
	reason_hint(why, "load it for this hook");
	return -EOPNOTSUPP;
}

static int refuse_arenas(const struct chain_plan *plan, struct reason *why)
{
	size_t first = plan->n;

	for (size_t i = 0; i < plan->n; i++) {
		const struct chain_facts *facts = plan->members[i].facts;

		if (!facts->has_arena)
			continue;
		if (first == plan->n)
			first = i;
		if (facts->arena == plan->members[first].facts->arena)
			continue;
		fail(why, -EOPNOTSUPP, "%s and %s have an arena each, a chain can have one",
		     plan->list[first].name, plan->list[i].name);
		reason_hint(why, "attach one of them to another hook");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* The kernel holds it against a program with the array (bpf_prog_map_compatible(), 5.18). */
static int refuse_fragments(const struct chain_plan *plan, struct reason *why)
{
	const struct chain_member *jumps = NULL, *without = NULL;

	for (size_t i = 0; i < plan->n; i++) {
		const struct chain_member *m = &plan->list[i];

		if (!(m->code->prog_flags & CHAIN_F_FRAGS))
			without = m;
		else if (plan->members[i].facts->has_tail_call)
			jumps = m;
	}
	if (!jumps || !without)
		return 0;
	fail(why, -EOPNOTSUPP, "%s tail-calls programs for fragments, which a chain with %s cannot",
	     jumps->name, without->name);
	reason_hint(why, "attach one of them to another hook, or load both for fragments, or none");
	return -EOPNOTSUPP;
}

int chain_refuse_members(const struct chain_plan *plan, struct reason *why)
{
	int r = 0;

	for (size_t i = 0; i < plan->n && r == 0; i++)
		r = refuse_member(plan, i, why);
	if (r == 0)
		r = refuse_arenas(plan, why);
	if (r == 0)
		r = refuse_fragments(plan, why);
	if (r == 0)
		r = refuse_licences(plan, why);
	return r;
}
