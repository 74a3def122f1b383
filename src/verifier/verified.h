/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier counted while it accepted a program, as its log says with BPF_LOG_STATS. Pure.
 */
#pragma once

#include <stdint.h>

#include "model/instructions.h"

/* The bit of log_level that asks for them (linux/bpf_verifier.h). */
#define VERIFIED_LOG_LEVEL 4

/**
 * struct verified - counts; 0: the log does not say.
 * @n_insns: instructions that were looked at.
 * @stacks:  bytes of stack of each function, in the order of their code.
 */
struct verified {
	uint32_t n_insns;
	uint32_t n_stacks;
	uint32_t stacks[INSTRUCTIONS_FUNCTIONS_MAX];
};

/* Read the last counts in @log (NUL-terminated). What does not read as counts is not there. */
void verified_parse(const char *log, struct verified *ret);
