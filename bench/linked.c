/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the members: each looks up a number of its own in an array, and adds one. */
#include "linked.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "kernel/bpf.h"
#include "report.h"

#define ROUND_NS	  400000000
#define RUNS_MIN	  1000
#define RUNS_MAX	  50000000
#define SINGLES		  2001
#define INSNS		  12
#define MAP_INSN	  3 /* refers to the map */
#define CHAIN_SAMPLE_MASK (CHAIN_SAMPLE - 1)

static struct {
	int map_fd;
	int stats_fd;
	struct chain_map map;
	struct chain_limits limits;
	struct instructions codes[LINKED_MAX];
	struct bpf_insn insns[LINKED_MAX][INSNS];
	struct map_ref refs[LINKED_MAX];
	char names[LINKED_MAX][16];
} bench;

static const int32_t pass[] = {XDP_PASS, 31};

static void make_maps(void)
{
	const struct bpf_map_spec numbers = {BPF_MAP_TYPE_ARRAY, 4, 8, LINKED_MAX, 0, "numbers"};
	const struct bpf_map_spec stats = {
		BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct chain_counters), 1, 0, "stats"};
	struct bpf_map_info info;

	bench.map_fd = bpf_map_make(&numbers);
	bench.stats_fd = bpf_map_make(&stats);
	if (bench.map_fd < 0 || bench.stats_fd < 0 || bpf_map_info(bench.map_fd, &info) < 0)
		report_fail("chain", "cannot make maps");
	bench.map = (struct chain_map){.key = info.id, .type = info.type};
	chain_limits_probe(&bench.limits);
}

static void write_member(unsigned int i)
{
	const struct bpf_insn insns[INSNS] = {
		{.code = BPF_ST | BPF_MEM | BPF_W,
		 .dst_reg = BPF_REG_10,
		 .off = -4,
		 .imm = (int32_t)i},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD},
		{0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
		{.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 3},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	memcpy(bench.insns[i], insns, sizeof(insns));
	snprintf(bench.names[i], sizeof(bench.names[i]), "counter_%u", i);
	bench.refs[i] = (struct map_ref){MAP_INSN, 0};
	bench.codes[i] = (struct instructions){.insns = bench.insns[i],
					       .n_insns = INSNS,
					       .map_refs = &bench.refs[i],
					       .n_map_refs = 1,
					       .verified = INSNS,
					       .expected_attach_type = BPF_XDP,
					       .license = (char *)(uintptr_t) "GPL"};
}

static void init(void)
{
	if (bench.codes[0].insns)
		return;
	make_maps();
	for (unsigned int i = 0; i < LINKED_MAX; i++)
		write_member(i);
}

static int open_map(void *arg, uint32_t key, struct reason *why)
{
	(void)arg;
	(void)why;
	return bpf_id_open(BPF_OBJECT_MAP, key);
}

void linked_load(const struct linked_wish *wish, struct chain_loaded *ret)
{
	struct chain_member list[LINKED_MAX];
	struct chain_limits limits;
	struct chain_load load = {.rules = hook_xdp.rules(),
				  .limits = &limits,
				  .members = list,
				  .n_members = wish->n,
				  .map_fd = open_map,
				  .stats_fd = -1,
				  .alone_fd = -1,
				  .name = "bench"};
	_reason_ struct reason why = {0};

	init();
	limits = bench.limits;
	if (wish->n_segments > 1)
		limits.verified_max = (wish->n + 1) / 2 * (INSNS + 8);
	if (wish->is_counted)
		load.stats_fd = bench.stats_fd;
	for (unsigned int i = 0; i < wish->n; i++)
		list[i] = (struct chain_member){.name = bench.names[i],
						.code = &bench.codes[i],
						.maps = &bench.map,
						.n_maps = 1,
						.proceed_on = pass,
						.n_proceed_on = array_size(pass),
						.slot = wish->is_counted ? (int)i + 1 : -1,
						.must_call = wish->is_called};
	if (chain_load(&load, ret, &why) < 0)
		report_fail("chain", why.text);
}

int linked_alone(void)
{
	struct bpf_insn insns[INSNS];
	const struct bpf_program_spec spec = {.type = BPF_PROG_TYPE_XDP,
					      .expected_attach_type = BPF_XDP,
					      .insns = insns,
					      .n_insns = INSNS,
					      .license = "GPL",
					      .name = "alone"};
	int fd;

	init();
	memcpy(insns, bench.insns[0], sizeof(insns));
	insns[MAP_INSN].imm = bench.map_fd;
	fd = bpf_program_load(&spec);
	if (fd < 0)
		report_fail("chain", strerror(-fd));
	return fd;
}

/* The kernel tells whole nanoseconds; the time of the call has parts of one, and 8 to 20 ms of
 * grace periods, which are 0.5 to 1 ns of a run when there are many, and in each chain the same. */
static double run(int fd, uint32_t repeat)
{
	static const char packet[64];
	static char out[512];
	struct bpf_test test = {.in = packet,
				.in_len = sizeof(packet),
				.out = out,
				.out_len = sizeof(out),
				.repeat = repeat};
	uint64_t begin = clock_ns();
	int r = bpf_program_test(fd, &test);

	if (r < 0)
		report_fail("BPF_PROG_TEST_RUN", strerror(-r));
	return repeat > RUNS_MIN ? (double)(clock_ns() - begin) / repeat : test.duration_ns;
}

void linked_time(int program_fd, unsigned int rounds, struct series *ret)
{
	uint32_t repeat = RUNS_MIN;
	double once = run(program_fd, repeat);

	if (once * repeat < ROUND_NS)
		repeat = once > 0 ? (uint32_t)(ROUND_NS / once) : RUNS_MAX;
	for (unsigned int i = 0; i < rounds; i++)
		series_add(ret, run(program_fd, repeat));
}

/* The next run is (not) the one that the chain times. */
static void set_ticks(bool is_sampled)
{
	size_t n = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	_free_ struct chain_counters *all = calloc(n, sizeof(*all));
	uint32_t key = 0;

	for (size_t i = 0; all && i < n; i++)
		all[i].ticks = is_sampled ? CHAIN_SAMPLE_MASK : 1;
	if (!all || bpf_map_put(bench.stats_fd, &key, all, BPF_ANY) < 0)
		report_fail("chain", "cannot set the counters");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void linked_time_sample(const struct chain_loaded *loaded, double *ret_sampled, double *ret_other)
{
	static double values[2][SINGLES];

	for (size_t i = 0; i < SINGLES; i++)
		for (int is_sampled = 0; is_sampled < 2; is_sampled++) {
			set_ticks(is_sampled);
			values[is_sampled][i] = run(loaded->program_fds[0], 1);
		}
	for (int i = 0; i < 2; i++)
		qsort(values[i], SINGLES, sizeof(double), compare);
	*ret_other = values[0][SINGLES / 2];
	*ret_sampled = values[1][SINGLES / 2];
}
