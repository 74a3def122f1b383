/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what arithmetic and comparisons do to sets of codes. */
#include "chain/sets.h"

#include "chain/chain.h"
#include "chain/facts.h"
#include "chain/insn.h"

/* Does "x OP k" hold for a code? Of 64 bits when @is_wide. 1, 0, -1: it depends on the upper half.
 */
static int holds(const struct bpf_insn *in, int32_t code)
{
	uint32_t x = (uint32_t)code, k = (uint32_t)in->imm;

	bool is_equality = BPF_OP(in->code) == BPF_JEQ || BPF_OP(in->code) == BPF_JNE;

	if (BPF_CLASS(in->code) == BPF_JMP &&
	    (is_equality ? code < 0 && in->imm < 0 : code < 0 || in->imm < 0))
		return -1;
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return x == k;
	case BPF_JNE:
		return x != k;
	case BPF_JGT:
		return x > k;
	case BPF_JGE:
		return x >= k;
	case BPF_JLT:
		return x < k;
	case BPF_JLE:
		return x <= k;
	case BPF_JSGT:
		return code > in->imm;
	case BPF_JSGE:
		return code >= in->imm;
	case BPF_JSLT:
		return code < in->imm;
	case BPF_JSLE:
		return code <= in->imm;
	case BPF_JSET:
		return (x & k) != 0;
	default:
		return -1;
	}
}

/* May a number that is none of the codes go this way? */
static bool others_may(const struct bpf_insn *in, bool is_taken)
{
	uint8_t op = BPF_OP(in->code);
	bool is_small = in->imm >= 0 && in->imm <= CODE_LAST;

	if (op == BPF_JEQ)
		return !is_taken || in->imm < CODE_FIRST || in->imm > CODE_LAST;
	if (op == BPF_JNE)
		return is_taken || in->imm < CODE_FIRST || in->imm > CODE_LAST;
	if (op == BPF_JGT || op == BPF_JGE)
		return is_taken || !is_small;
	if (op == BPF_JLT || op == BPF_JLE)
		return !is_taken || !is_small;
	return true;
}

/* Codes of @set with which the jump is (not) taken. With others in the set, a code may be the lower
 * half of a larger number, so that a comparison of 64 bits says less. */
uint64_t chain_set_narrow(uint64_t set, const struct bpf_insn *in, bool is_taken)
{
	bool is_half = BPF_CLASS(in->code) == BPF_JMP && (set & CHAIN_RETURNS_OTHER);
	uint64_t ret = others_may(in, is_taken) ? set & CHAIN_RETURNS_OTHER : 0;

	for (int32_t code = CODE_FIRST; code <= CODE_LAST; code++) {
		int r = holds(in, code);

		if (!(set & chain_verdict_bit(code)))
			continue;
		if (r < 0 || r == is_taken || (is_half && others_may(in, is_taken)))
			ret |= chain_verdict_bit(code);
	}
	return ret;
}

static bool compute(const struct bpf_insn *in, uint32_t x, uint32_t *ret)
{
	bool is_wide = BPF_CLASS(in->code) == BPF_ALU64;
	uint32_t k = (uint32_t)in->imm;

	switch (BPF_OP(in->code)) {
	case BPF_ADD:
		*ret = x + k;
		return true;
	case BPF_SUB:
		*ret = x - k;
		return true;
	case BPF_AND:
		*ret = x & k;
		return true;
	case BPF_OR:
		*ret = x | k;
		return true;
	case BPF_XOR:
		*ret = x ^ k;
		return true;
	case BPF_LSH:
		*ret = k < 32 ? x << k : 0;
		return k < 32 || is_wide;
	case BPF_RSH:
		*ret = k < 32 ? x >> k : 0;
		return k < 32 && !is_wide;
	default:
		return false;
	}
}

uint64_t chain_set_compute(uint64_t set, const struct bpf_insn *in)
{
	bool is_and = BPF_OP(in->code) == BPF_AND && in->imm >= 0 && in->imm <= CODE_LAST;
	uint64_t ret = 0;
	uint32_t value;

	if (BPF_SRC(in->code) != BPF_K || in->off != 0)
		return UNKNOWN;
	if (set & CHAIN_RETURNS_OTHER && !is_and)
		return UNKNOWN;
	for (int32_t code = CODE_FIRST; code <= CODE_LAST; code++) {
		/* the others leave any bits below the mask */
		if (set & CHAIN_RETURNS_OTHER && (code & in->imm) == code)
			ret |= chain_verdict_bit(code);
		if (!(set & chain_verdict_bit(code)))
			continue;
		if (!compute(in, (uint32_t)code, &value))
			return UNKNOWN;
		ret |= chain_verdict_bit((int32_t)value);
	}
	return ret;
}
