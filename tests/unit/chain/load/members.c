/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the instructions of members, and the maps of the tests. */
#include "members.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/bpf.h"
#include "kernel/map.h"

static const int32_t own[] = {0, 1, 2, 3, 4};
static const int32_t pass[] = {XDP_PASS, 31};

const struct chain_rules members_rules = {
	.program_type = BPF_PROG_TYPE_XDP,
	.attach_type = BPF_XDP,
	.context = "xdp_md",
	.end = XDP_PASS,
	.closed = XDP_DROP,
	.own = own,
	.n_own = array_size(own),
	.counted = own,
	.n_counted = array_size(own),
};

static int open_map(void *arg, uint32_t key, struct reason *why)
{
	const struct members *m = arg;

	(void)why;
	return key == m->map.key ? bpf_id_open(BPF_OBJECT_MAP, key) : -ENOENT;
}

static int make_maps(struct members *m)
{
	const struct bpf_map_spec trace = {.type = BPF_MAP_TYPE_ARRAY,
					   .key_size = 4,
					   .value_size = 8,
					   .max_entries = 1,
					   .name = "trace"};
	const struct bpf_map_spec stats = {.type = BPF_MAP_TYPE_PERCPU_ARRAY,
					   .key_size = 4,
					   .value_size = sizeof(struct chain_counters),
					   .max_entries = 1,
					   .name = "stats"};
	struct bpf_map_info info;

	m->map_fd = bpf_map_make(&trace);
	m->stats_fd = bpf_map_make(&stats);
	if (m->map_fd < 0 || m->stats_fd < 0 || bpf_map_info(m->map_fd, &info) < 0)
		return 1;
	m->map = (struct chain_map){.key = info.id, .type = info.type};
	return 0;
}

int members_init(struct members *m)
{
	*m = (struct members){.map_fd = -1, .stats_fd = -1};
	if (geteuid() != 0)
		return 1;
	/* below 5.11 maps and programs count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	if (make_maps(m) != 0)
		return 1;
	chain_limits_probe(&m->limits);
	m->wish = (struct chain_load){.rules = &members_rules,
				      .limits = &m->limits,
				      .members = m->list,
				      .map_fd = open_map,
				      .arg = m,
				      .stats_fd = m->stats_fd,
				      .alone_fd = -1,
				      .name = "chain"};
	return 0;
}

void members_done(struct members *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free((void *)(uintptr_t)m->list[i].btf);
		free((void *)(uintptr_t)m->list[i].name);
		instructions_done(&m->codes[i]);
	}
	if (m->map_fd >= 0)
		close(m->map_fd);
	if (m->stats_fd >= 0)
		close(m->stats_fd);
}

static void *copy(const void *data, size_t len)
{
	void *p = malloc(len);

	return memcpy(p, data, len);
}

static struct chain_member *add(struct members *m, const char *name, const struct bpf_insn *insns,
				uint32_t n)
{
	struct chain_member *member = &m->list[m->n];
	struct instructions *code = &m->codes[m->n++];

	*code = (struct instructions){.insns = copy(insns, n * sizeof(*insns)),
				      .n_insns = n,
				      .verified = n,
				      .expected_attach_type = BPF_XDP,
				      .license = strdup("GPL")};
	*member = (struct chain_member){.name = strdup(name),
					.code = code,
					.maps = &m->map,
					.n_maps = 1,
					.proceed_on = pass,
					.n_proceed_on = array_size(pass),
					.slot = -1};
	m->wish.n_members = m->n;
	return member;
}

struct chain_member *members_add(struct members *m, int digit, int verdict)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_VALUE},
		{0},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = BPF_REG_2, .imm = 4},
		{.code = BPF_ALU64 | BPF_OR | BPF_K, .dst_reg = BPF_REG_2, .imm = digit},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct chain_member *member = add(m, "tracer", insns, array_size(insns));
	struct instructions *code = &m->codes[m->n - 1];

	code->map_refs = calloc(1, sizeof(*code->map_refs));
	code->n_map_refs = 1;
	return member;
}

/* int f(void *ctx) in /src/bad.bpf.c */
static const struct {
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, type_off, type_len, str_off, str_len;
	} head;
	uint32_t types[4 + 3 + 3 + 2 + 3];
	char strings[48];
} bad_btf = {
	.head = {0xeb9f, 1, 0, 24, 0, 60, 60, 48},
	.types = {/* [1] int */ 1, 1u << 24, 4, 1u << 24 | 32,
		  /* [2] pointer to void */ 0, 2u << 24, 0,
		  /* [3] int (void *ctx) */ 0, 13u << 24 | 1, 1, 5, 2,
		  /* [4] f */ 9, 12u << 24 | 1, 3},
	.strings = "\0int\0ctx\0f\0/src/bad.bpf.c\0return *p;",
};

void members_add_bad(struct members *m, int has_source)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_DW,
		 .dst_reg = BPF_REG_0,
		 .src_reg = BPF_REG_1,
		 .off = 4096},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const struct bpf_func_info func = {.insn_off = 0, .type_id = 4};
	static const struct bpf_line_info line = {
		.insn_off = 0, .file_name_off = 11, .line_off = 26, .line_col = 12 << 10 | 2};
	struct chain_member *member = add(m, "bad", insns, array_size(insns));
	struct instructions *code = &m->codes[m->n - 1];

	if (!has_source)
		return;
	member->btf = copy(&bad_btf, sizeof(bad_btf));
	member->btf_len = sizeof(bad_btf);
	code->func_info = copy(&func, sizeof(func));
	code->func_info_rec_size = sizeof(func);
	code->n_func_info = 1;
	code->line_info = copy(&line, sizeof(line));
	code->line_info_rec_size = sizeof(line);
	code->n_line_info = 1;
}

int members_load(struct members *m, struct chain_loaded *ret, struct reason *why)
{
	return chain_load(&m->wish, ret, why);
}

int members_run(const struct chain_loaded *loaded, uint32_t repeat)
{
	static const char packet[64];
	char out[512];
	struct bpf_test test = {.in = packet,
				.in_len = sizeof(packet),
				.out = out,
				.out_len = sizeof(out),
				.repeat = repeat};
	int r = bpf_program_test(loaded->program_fds[0], &test);

	return r < 0 ? r : (int)test.verdict;
}

uint64_t members_trace(struct members *m)
{
	uint64_t trace = 0, none = 0;
	uint32_t key = 0;

	if (bpf_map_lookup(m->map_fd, &key, &trace) < 0 ||
	    bpf_map_put(m->map_fd, &key, &none, BPF_ANY) < 0)
		abort();
	return trace;
}

void members_count(struct members *m, int slot, struct chain_counter *ret)
{
	size_t n = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	_free_ struct chain_counters *all = calloc(n + 1, sizeof(*all));
	uint32_t key = 0;

	*ret = (struct chain_counter){0};
	if (!all || bpf_map_lookup(m->stats_fd, &key, all) < 0)
		abort();
	for (size_t cpu = 0; cpu < n; cpu++) {
		const struct chain_counter *c = &all[cpu].slots[slot];

		for (size_t i = 0; i < CHAIN_COUNTED_MAX; i++)
			ret->verdicts[i] += c->verdicts[i];
		ret->samples += c->samples;
		ret->time_ns += c->time_ns;
	}
}
