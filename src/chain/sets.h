/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of codes, as chain_verdicts() has them, on their way through instructions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bpf_insn;

#define UNKNOWN	   UINT64_MAX
#define CODE_FIRST (-1)
#define CODE_LAST  61

/* What remains of @set where the conditional jump @in is taken, or is not. */
uint64_t chain_set_narrow(uint64_t set, const struct bpf_insn *in, bool is_taken);

/* What an operation with a constant makes of @set; UNKNOWN for one that is not followed. */
uint64_t chain_set_compute(uint64_t set, const struct bpf_insn *in);
