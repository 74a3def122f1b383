/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of a member, written block by block. r6: the context, r7: a number that every
 * block changes and that verdicts may depend on. */
#pragma once

#include "member.h"

struct blocks {
	struct dice *dice;
	const struct chain_rules *rules;
	struct member *m;
	uint32_t n;
	uint32_t n_refs;
	uint32_t n_calls; /* to be pointed at functions */
	uint32_t calls[16];
	uint32_t n_adjusted;
	bool has_tail_call;
	bool is_function;
};

/* A code that a program of this type may return; often one that has a meaning. */
int32_t blocks_verdict(struct dice *dice, const struct chain_rules *rules);

void blocks_write(struct blocks *b);
