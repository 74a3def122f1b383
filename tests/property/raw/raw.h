/* SPDX-License-Identifier: Apache-2.0 */
/* Random members of chains, run one after the other and as one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain/load/load.h"
#include "code.h"

#define PROPERTY_MEMBERS 24
#define PROPERTY_PACKET	 2048
#define PROPERTY_CONTEXT 256
#define PROPERTY_CODES	 64

/* What all members share: the pool of arrays, and the statistics. */
struct pool {
	int fds[CODE_MAPS];
	int stats_fd;
	uint32_t n_cpus;
	struct chain_counters *counters; /* one each CPU */
};

struct pool_values {
	uint8_t bytes[CODE_MAPS * CODE_VALUE];
};

int pool_init(struct pool *pool);
void pool_done(struct pool *pool);
void pool_write(struct pool *pool, const struct pool_values *values);
void pool_read(struct pool *pool, struct pool_values *ret);
void pool_write_ticks(struct pool *pool, uint64_t ticks);
/* Sums of all CPUs. */
void pool_read_counters(struct pool *pool, struct chain_counters *ret);

/**
 * struct member - a program of its own.
 * @fd: loaded alone. @array_fd: of programs that it tail-calls, -1: none. @targets: those.
 */
struct member {
	struct code code;
	struct instructions instructions;
	struct map_ref refs[CODE_REFS];
	struct chain_map maps[CODE_MAPS + 1];
	int32_t proceed_on[PROPERTY_CODES];
	size_t n_proceed_on;
	int slot;
	bool must_call;
	const char *name;
	int fd;
	int array_fd;
	uint32_t stacks[CODE_FUNCTION + 1];
	uint32_t n_targets;
	struct code targets[CODE_TARGETS];
};

/* How often programs were asked for, and refused; what the kernel said of the last. */
struct tries {
	uint64_t n, refused;
	char said[512];
};

/* What random members are for. @has_frags: some take fragments. */
struct making {
	const struct chain_rules *rules;
	struct pool *pool;
	struct random *random;
	struct tries *tries;
	bool has_frags, has_may_goto;
};

/* Until the kernel takes one alone. @key: of its array. */
void member_make(struct member *m, const struct making *making, uint32_t key);
void member_done(struct member *m);

/* One packet with its context (sched_cls). */
struct packet {
	uint8_t bytes[PROPERTY_PACKET];
	uint32_t len;
	uint8_t context[PROPERTY_CONTEXT];
};

struct outcome {
	int32_t verdict;
	struct packet packet;
	struct pool_values values;
	struct chain_counters counters;
	uint64_t n_run, n_counted; /* members that ran, and those that count; not compared */
};

/**
 * struct property_case - one chain, and what it runs on.
 * @ticks: of the statistics before: decides whether the run is a sample.
 * @has_segments: a run that ends before the first that counts is not a tick.
 */
struct property_case {
	const char *kind;
	const struct chain_rules *rules;
	struct pool *pool;
	struct chain_limits limits;
	struct member *members;
	size_t n;
	uint64_t ticks;
	bool has_segments;
	struct packet packet;
	struct pool_values values;
};

/* The rules of proceed-on and translation on members that run alone. -errno: TEST_RUN failed. */
int run_plainly(const struct property_case *c, struct outcome *ret);
int run_chain(const struct property_case *c, const struct chain_loaded *loaded,
	      struct outcome *ret);
int run_load(const struct property_case *c, struct chain_loaded *ret, struct reason *why);
/* NULL: equal; else what differs. */
const char *run_compare(const struct property_case *c, const struct outcome *plain,
			const struct outcome *chain);

void report_case(const struct property_case *c);
void report_outcome(const struct property_case *c, const char *who, const struct outcome *o);
