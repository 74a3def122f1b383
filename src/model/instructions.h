/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded program as the linker of chains needs it: relocated instructions with map references by
 * index, BTF records. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct text;

#define INSTRUCTIONS_MAX	   1000000
#define INSTRUCTIONS_FUNCTIONS_MAX 512
#define INSTRUCTIONS_KFUNCS_MAX	   4096

/* A call of a kernel function: the number in the instruction means something only in this boot, and
 * for a function of a module only with a descriptor of its BTF. @module: "" for the kernel's own.
 */
struct kfunc_ref {
	uint32_t insn;
	char name[128];
	char module[64];
};

/**
 * struct instructions - what libbpf gave to the kernel for one program.
 * @insns:     n_insns * 8 bytes (struct bpf_insn); subprograms appended.
 * @map_refs:  pairs {instruction index, index into the load's maps}: the immediates there held map
 * fds, and are stored as the index, because a file descriptor means nothing after a restart.
 * @func_info, @line_info: records as in BPF_PROG_LOAD, with their record size in bytes.
 * @kfuncs:    calls of kernel functions, in rising order of .insn.
 * @stacks:    bytes of stack of each function in order, as the verifier counted; n_stacks 0:
 * unknown.
 * @verified:  instructions that the verifier looked at; 0: unknown.
 */
struct instructions {
	void *insns;
	uint32_t n_insns;
	struct map_ref {
		uint32_t insn;
		uint32_t map;
	} * map_refs;
	uint32_t n_map_refs;
	void *func_info;
	uint32_t func_info_rec_size;
	uint32_t n_func_info;
	void *line_info;
	uint32_t line_info_rec_size;
	uint32_t n_line_info;
	struct kfunc_ref *kfuncs;
	uint32_t n_kfuncs;
	uint32_t *stacks;
	uint32_t n_stacks;
	uint32_t verified;
	uint32_t prog_flags;
	uint32_t expected_attach_type;
	char *license;
};

void instructions_done(struct instructions *in);
void instructions_encode(const struct instructions *in, struct text *w);

/* Return: 0, -EBADMSG (does not fit or above INSTRUCTIONS_MAX), -ENOMEM. */
int instructions_decode(const void *data, size_t len, struct instructions *ret);
