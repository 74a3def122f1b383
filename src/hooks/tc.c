/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in the traffic path of an interface: one chain for each direction, as one entry among
 * the tcx programs (6.6), below as a filter on clsact. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "base/cleanup.h"
#include "chain/chain.h"
#include "hooks/kinds.h"
#include "hooks/linked.h"
#include "kernel/bpf_abi.h"
#include "kernel/probe.h"

static const int32_t counted[] = {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8};
_Static_assert(array_size(counted) < CHAIN_COUNTED_MAX, "and one for all others");

/* cls_bpf keeps these and takes every other code for UNSPEC. */
static const int32_t filter_own[] = {TC_ACT_UNSPEC, TC_ACT_OK,	     TC_ACT_SHOT,
				     TC_ACT_STOLEN, TC_ACT_REDIRECT, TC_ACT_TRAP};

static const int32_t tcx_own[] = {ABI_TCX_NEXT, ABI_TCX_PASS, ABI_TCX_DROP, ABI_TCX_REDIRECT};

/* The same packets are to be delivered as on clsact: tcx would deliver what is stolen, and a code
 * it does not know would keep the next tcx program from running. */
static const struct chain_translation tcx_translations[] = {
	{TC_ACT_STOLEN, ABI_TCX_DROP},	   {TC_ACT_TRAP, ABI_TCX_DROP},
	{TC_ACT_RECLASSIFY, ABI_TCX_NEXT}, {TC_ACT_PIPE, ABI_TCX_NEXT},
	{TC_ACT_REPEAT, ABI_TCX_NEXT},	   {TC_ACT_QUEUED, ABI_TCX_NEXT},
};

const struct chain_rules tc_rules_filter = {
	.program_type = BPF_PROG_TYPE_SCHED_CLS,
	.context = "__sk_buff",
	.end = TC_ACT_UNSPEC,
	.closed = TC_ACT_SHOT,
	.own = filter_own,
	.n_own = array_size(filter_own),
	.counted = counted,
	.n_counted = array_size(counted),
};

const struct chain_rules tc_rules_tcx = {
	.program_type = BPF_PROG_TYPE_SCHED_CLS,
	.context = "__sk_buff",
	.end = ABI_TCX_NEXT,
	.closed = ABI_TCX_DROP,
	.own = tcx_own,
	.n_own = array_size(tcx_own),
	.translations = tcx_translations,
	.n_translations = array_size(tcx_translations),
	.counted = counted,
	.n_counted = array_size(counted),
};

static const struct chain_rules *rules(void)
{
	return kernel_has(KERNEL_TCX) ? &tc_rules_tcx : &tc_rules_filter;
}

static int attach(const struct hook_place *place, int program_fd,
		  const struct hook_attach_options *options, struct hook_attachment *ret,
		  struct reason *why)
{
	const struct hook_ops *way = kernel_has(KERNEL_TCX) ? &hook_tcx : &hook_tc_filter;

	return way->attach(place, program_fd, options, ret, why);
}

/* Which way it was is in the attachment: only a filter has no link. */
static const struct hook_ops *way_of(const struct hook_attachment *at)
{
	return at->kernel_id ? &hook_tcx : &hook_tc_filter;
}

static int replace(const struct hook_place *place, const struct hook_attachment *at,
		   int new_program_fd, int old_program_fd, struct reason *why)
{
	return way_of(at)->replace(place, at, new_program_fd, old_program_fd, why);
}

static int detach(const struct hook_place *place, const struct hook_attachment *at,
		  uint32_t program_id, struct reason *why)
{
	return at->kernel_id ? 0 : hook_tc_filter.detach(place, at, program_id, why);
}

static int check(const struct hook_place *place, const struct hook_attachment *at,
		 uint32_t program_id, struct reason *why)
{
	return way_of(at)->check(place, at, program_id, why);
}

static int end(const struct hook_attachment *at)
{
	return at->kernel_id ? linked_end(at) : 0;
}

const struct hook_ops hook_tc = {.resolve = linked_resolve_netdev,
				 .attach = attach,
				 .replace = replace,
				 .detach = detach,
				 .rules = rules,
				 .check = check,
				 .end = end};
