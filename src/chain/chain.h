/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several programs as one: instructions in, instructions out, no kernel (docs/CHAIN.md). What goes
 * in is here; chain/plan.h decides how it runs, chain/link.h writes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/instructions.h"

struct reason;

#define CHAIN_MEMBERS_MAX  256
#define CHAIN_SEGMENTS_MAX 30 /* each hop is one of the kernel's 33 tail calls */
#define CHAIN_CODES_MAX	   16
#define CHAIN_SLOTS_MAX	   256

/* Codes from a program's r0 as signed 32-bit numbers. */
struct chain_translation {
	int32_t from;
	int32_t to;
};

/**
 * struct chain_rules - what a hook, attached in a certain way, means by return codes.
 * @program_type, @attach_type: of linux/bpf.h, for each segment.
 * @context: struct that the argument points to ("xdp_md"), for BTF of global functions.
 * @end:     returned behind the last member. @closed: returned when a segment is missing.
 * @own:     codes that mean at the hook by themselves what they mean in a chain.
 * @translations: applied to what leaves the chain.
 * @counted: codes with a counter of their own in the statistics, by index; others share the last.
 */
struct chain_rules {
	uint32_t program_type;
	uint32_t attach_type;
	const char *context;
	int32_t end;
	int32_t closed;
	const int32_t *own;
	size_t n_own;
	const struct chain_translation *translations;
	size_t n_translations;
	const int32_t *counted;
	size_t n_counted; /* at most CHAIN_COUNTED_MAX */
};

/* What the running kernel bears; chain_limits_default() is for 5.10 to 6.5. */
struct chain_limits {
	uint32_t maps_max;	/* a program */
	uint32_t verified_max;	/* instructions that the verifier looks at */
	uint32_t functions_max; /* a program */
	uint32_t stack_max;	/* bytes along the deepest calls */
	uint32_t stack_round;	/* each frame is rounded up to it: 32, 16 from 6.12 */
	bool has_wide_jumps;	/* 6.6: BPF_JMP32 | BPF_JA */
};

extern const struct chain_limits chain_limits_default;

/* @key: equal for equal maps (the kernel's id). @type: BPF_MAP_TYPE_…. */
struct chain_map {
	uint32_t key;
	uint32_t type;
};

/**
 * struct chain_member - one program on the hook; everything borrowed.
 * @name:       of the program; for names of functions and for errors.
 * @btf:        raw, of its load; NULL: none.
 * @maps:       what the .map of its map_refs indexes.
 * @proceed_on: codes with which the next member runs.
 * @slot:       place of its counters in the statistics map, -1: not counted.
 * @must_call:  run it as a function even when it could be inline.
 */
struct chain_member {
	const char *name;
	const struct instructions *code;
	const void *btf;
	size_t btf_len;
	const struct chain_map *maps;
	size_t n_maps;
	const int32_t *proceed_on;
	size_t n_proceed_on;
	int slot;
	bool must_call;
};

/* The statistics map: PERCPU_ARRAY, one entry of struct chain_counters. */
#define CHAIN_COUNTED_MAX 12
#define CHAIN_SAMPLE	  1024 /* one packet in so many is timed; a power of two */

struct chain_counter {
	uint64_t verdicts[CHAIN_COUNTED_MAX]; /* by index into .counted; then "other" */
	uint64_t samples;
	uint64_t time_ns; /* of all samples */
};

struct chain_counters {
	uint64_t ticks;	  /* runs of the chain, or of its first segment that counts */
	uint64_t started; /* of the sample that runs now, 0: this packet is not sampled */
	struct chain_counter slots[CHAIN_SLOTS_MAX];
};

/**
 * chain_verdicts() - what a program may return, by reading its instructions.
 * @ret: bit c + 1 for each code c of -1..61 that it may return; CHAIN_RETURNS_OTHER: also others,
 *       or numbers that are computed.
 *
 * @code may come from the kernel (translated instructions of a foreign program). Return: 0,
 * -EINVAL (not a program), -ENOMEM.
 */
#define CHAIN_RETURNS_OTHER (UINT64_C(1) << 63)
int chain_verdicts(const void *insns, uint32_t n_insns, uint64_t *ret);
