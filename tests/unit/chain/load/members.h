/* SPDX-License-Identifier: Apache-2.0 */
/* Members of chains, a few instructions each, with one map that they share. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "chain/load/load.h"

#define MEMBERS_MAX 64

/* An XDP chain to be; ends with members_done(). */
struct members {
	struct chain_member list[MEMBERS_MAX];
	struct instructions codes[MEMBERS_MAX];
	struct chain_map map;
	struct chain_limits limits;
	struct chain_load wish;
	size_t n;
	int map_fd;
	int stats_fd;
};

extern const struct chain_rules members_rules;

/* 1: cannot be made here (not root, or no BPF). */
int members_init(struct members *m);
void members_done(struct members *m);

/* The new last member appends @digit to the trace and returns @verdict. */
struct chain_member *members_add(struct members *m, int digit, int verdict);

/* The new last member reads outside of its context in line 12 of bad.bpf.c; @has_source: says so in
 * BTF. */
void members_add_bad(struct members *m, int has_source);

int members_load(struct members *m, struct chain_loaded *ret, struct reason *why);

/* Run it @repeat times on an empty packet. Return: the verdict. */
int members_run(const struct chain_loaded *loaded, uint32_t repeat);

/* The trace, one hexadecimal digit a member that ran; then it is empty. */
uint64_t members_trace(struct members *m);

/* Counters of all CPUs for a slot. */
void members_count(struct members *m, int slot, struct chain_counter *ret);
