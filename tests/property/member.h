/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs: what a member of a chain may do, in a few dozen instructions. */
#pragma once

#include <linux/bpf.h>
#include <stdio.h>

#include "model/instructions.h"
#include "random.h"
#include "world.h"

#define MEMBER_INSNS_MAX    400
#define MEMBER_FUNCTIONS    3
#define MEMBER_MAPS_MAX	    (_WORLD_MAPS + 1)
#define MEMBER_PROCEEDS_MAX 6

/**
 * struct member - one program, alone and as the linker takes it.
 * @fd: loaded alone. @maps: what its references index; the last may be its own array of programs.
 * @array_fd, @target_fd: of its tail calls, -1: none.
 * @words: what it does, a letter a block.
 */
struct member {
	struct bpf_insn insns[MEMBER_INSNS_MAX];
	struct map_ref refs[MEMBER_INSNS_MAX];
	struct chain_map maps[MEMBER_MAPS_MAX];
	int map_fds[MEMBER_MAPS_MAX];
	uint32_t stacks[MEMBER_FUNCTIONS + 1];
	struct instructions code;
	int32_t proceed_on[MEMBER_PROCEEDS_MAX];
	uint32_t n_proceed_on;
	char words[64];
	char name[16];
	int fd, array_fd, target_fd;
	bool must_call;
	int slot;
};

/* The next one of @dice for programs of @rules. Return: 0; -errno: the kernel refuses it alone (the
 * verifier's log is in @log). */
int member_make(struct dice *dice, const struct chain_rules *rules, const struct world *world,
		struct member *ret);
void member_done(struct member *m);

/* The verifier's words of the last refusal. */
const char *member_log(void);

void member_print(const struct member *m, FILE *to);
