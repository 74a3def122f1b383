/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what the running kernel bears, found by loading programs of a few instructions. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "chain/load/load.h"
#include "kernel/bpf.h"

#define MOVE(reg, value)                                                                           \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value)              \
	}
#define STORE(at)                                                                                  \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = (at)              \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

/* Return: descriptor, or -errno. */
static int load_probe(const struct bpf_insn *insns, uint32_t n)
{
	const struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_SOCKET_FILTER,
					      .insns = insns,
					      .n_insns = n,
					      .license = "GPL",
					      .name = "chain_probe"};

	return bpf_program_load(&spec);
}

/* Their distance is in .imm, not in .off. That is tried out: stable kernels have taken over parts
 * of later ones. */
static bool has_wide_jumps(void)
{
	static const struct bpf_insn insns[] = {
		MOVE(BPF_REG_0, 0), {.code = BPF_JMP32 | BPF_JA, .imm = 1}, EXIT,
		MOVE(BPF_REG_0, 1), {.code = BPF_JMP | BPF_JA, .off = -3},
	};
	static const char packet[64];
	struct bpf_test test = {.in = packet, .in_len = sizeof(packet), .repeat = 1};
	int fd _close_ = load_probe(insns, array_size(insns));

	return fd >= 0 && bpf_program_test(fd, &test) == 0 && test.verdict == 1;
}

/* 8 and 496 bytes fit only when the first frame counts for 16. */
static bool has_fine_frames(void)
{
	static const struct bpf_insn insns[] = {
		STORE(-8),
		{.code = BPF_JMP | BPF_CALL, .src_reg = 1, .imm = 1},
		EXIT,
		STORE(-496),
		MOVE(BPF_REG_0, 0),
		EXIT,
	};

	int fd _close_ = load_probe(insns, array_size(insns));

	return fd >= 0;
}

void chain_limits_probe(struct chain_limits *ret)
{
	*ret = chain_limits_default;
	ret->has_wide_jumps = has_wide_jumps();
	ret->stack_round = has_fine_frames() ? 16 : 32;
}
