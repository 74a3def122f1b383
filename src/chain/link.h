/* SPDX-License-Identifier: Apache-2.0 */
/* Writing one segment of a chain. Pure. */
#pragma once

#include "chain/chain.h"

struct chain_plan;

/* Of the main function of each segment, and of its program: tools such as xdpdump look for a
 * function by the name of the program. */
#define CHAIN_NAME "bpfd_chain"

/* References of a linked segment to maps. The statistics map and the array with the next segment
 * have keys of their own. */
#define CHAIN_KEY_STATS UINT32_MAX
#define CHAIN_KEY_NEXT	(UINT32_MAX - 1)

/**
 * struct chain_code - one segment, ready for BPF_PROG_LOAD but for map descriptors.
 * @map_refs: {instruction, key}: the immediate there is to become the descriptor of that map.
 * @kfuncs:   {instruction, name, module}: kernel functions of modules, to be resolved again.
 * @func_info (8 bytes each), @line_info (16 bytes each), @btf: of the segment.
 * @origins:  per range of instructions the member and its own instruction; in rising order.
 */
struct chain_code {
	void *insns; /* 8 bytes each */
	uint32_t n_insns;
	struct map_ref *map_refs; /* .map holds the key */
	uint32_t n_map_refs;
	struct kfunc_ref *kfuncs;
	uint32_t n_kfuncs;
	void *func_info;
	uint32_t n_func_info;
	void *line_info;
	uint32_t n_line_info;
	void *btf;
	size_t btf_len;
	uint32_t prog_flags;
	char *license;
	struct chain_origin {
		uint32_t insn;	 /* first instruction in the chain */
		uint32_t member; /* index; UINT32_MAX: the linker's own */
		uint32_t from;	 /* that instruction in the member */
	} * origins;
	uint32_t n_origins;
};

void chain_code_done(struct chain_code *code);

/* Write segment @segment. Return: 0, -EOPNOTSUPP, -E2BIG (a jump too wide for this kernel),
 * -ENOMEM; after those but -ENOMEM chain_refine() may find another plan. */
int chain_link(const struct chain_plan *plan, uint32_t segment, struct chain_code *ret,
	       struct reason *why);

/* The origin of an instruction of the chain; NULL when @insn is none. */
const struct chain_origin *chain_find_origin(const struct chain_code *code, uint32_t insn);
