/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the search for tracing links on programs. */
#include "daemon/observe/tracers.h"

#include <linux/bpf.h>
#include <stdio.h>

#include "kernel/bpf.h"
#include "kernel/link.h"

struct search {
	const uint32_t *program_ids;
	size_t n;
	struct tracer *ret;
};

static const char *kind_of(uint32_t attach_type)
{
	switch (attach_type) {
	case 0:
		return "freplace";
	case BPF_TRACE_FENTRY:
		return "fentry";
	case BPF_TRACE_FEXIT:
		return "fexit";
	default:
		return "tracing";
	}
}

/* A number of a BTF object may be that of a program: the program that is attached tells which it
 * is, where the kernel says (5.18). */
static bool is_on_program(const struct bpf_prog_info *info, const struct link_facts *facts)
{
	struct bpf_prog_info target = {0};

	if (facts->attach_type == 0)
		return true;
	return info->attach_btf_obj_id == 0 ||
	       (bpf_program_info_by_id(facts->target_id, &target) == 0 &&
		target.btf_id == info->attach_btf_obj_id);
}

static int match(const struct link_facts *facts, void *arg)
{
	struct search *search = arg;
	struct bpf_prog_info info = {0};

	if (facts->type != BPF_LINK_TYPE_TRACING || facts->target_id == 0)
		return 0;
	for (size_t i = 0; i < search->n; i++) {
		if (search->program_ids[i] != facts->target_id)
			continue;
		if (bpf_program_info_by_id(facts->program_id, &info) == 0 &&
		    !is_on_program(&info, facts))
			return 0;
		search->ret->link_id = facts->id;
		snprintf(search->ret->text, sizeof(search->ret->text),
			 "program %u \"%.15s\" (%s, link %u)", facts->program_id, info.name,
			 kind_of(facts->attach_type), facts->id);
		return 1;
	}
	return 0;
}

int observe_tracer(const uint32_t *program_ids, size_t n, struct tracer *ret)
{
	struct search search = {program_ids, n, ret};

	return link_walk(match, &search);
}
