/* SPDX-License-Identifier: Apache-2.0 */
/* A program of ours as the kernel wants it in a slot: of type EXT, with BTF that fits the slot's.
 */
#pragma once

#include <linux/bpf.h>

#include "base/text.h"
#include "libxdp/libxdp.h"

struct dispatcher;

/**
 * struct member_code - what is loaded of a member; ends with member_code_done().
 * @insns: a copy; its immediates for maps are still indexes.
 */
struct member_code {
	struct bpf_insn *insns;
	struct text btf;
	struct bpf_func_info *functions;
	uint32_t n_functions;
	struct bpf_line_info *lines;
	uint32_t n_lines;
};

void member_code_done(struct member_code *code);

/**
 * member_write() - instructions and BTF. Pure.
 *
 * The main function becomes int (struct xdp_md *) whatever its own BTF says, because that is what
 * the kernel compares with the slot; all other types stay. Without usable BTF all functions get
 * one that says nothing. Return: 0, -EINVAL (not a program), -ENOMEM.
 */
int member_write(const struct libxdp_member *member, struct member_code *ret);

/* Load for a slot of @at. Return: descriptor, -errno of the verifier, of .map_fd. */
int member_load(const struct libxdp_change *change, const struct libxdp_member *member,
		const struct dispatcher *at, struct reason *why);
