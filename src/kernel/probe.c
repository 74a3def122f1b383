/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of features and how each is tried; nothing is attached by trying. */
#include "kernel/probe.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/membarrier.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/bpf_abi.h"
#include "kernel/link.h"

/* No interface has it. */
#define NO_IFINDEX 0x7fffffffu

static int load_trivial(uint32_t type)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_program_spec spec = {.type = type,
					      .insns = insns,
					      .n_insns = array_size(insns),
					      .license = "GPL",
					      .name = "bpfd_probe"};

	return bpf_program_load(&spec);
}

static bool has_cap_bpf(void)
{
	return prctl(PR_CAPBSET_READ, 39 /* CAP_BPF */, 0, 0, 0) >= 0;
}

static bool has_ringbuf(void)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_RINGBUF,
					  .max_entries = (uint32_t)sysconf(_SC_PAGESIZE),
					  .name = "bpfd_probe"};
	int fd _close_ = bpf_map_make(&spec);

	return fd >= 0;
}

/* Below 5.9 the attach type is unknown (EINVAL); above, the program is missed (EBADF). */
static bool has_xdp_link(void)
{
	return link_create_xdp(-1, NO_IFINDEX, 0) == -EBADF;
}

/* Below 5.15 the attach type is unknown (EINVAL); above, the event is missed (EBADF). */
static bool has_perf_link(void)
{
	int program _close_ = load_trivial(BPF_PROG_TYPE_TRACEPOINT);

	return program >= 0 && link_create_perf(program, -1) == -EBADF;
}

/* Below 6.6 the attach type is unknown (EINVAL); above, the interface is missed (ENODEV). */
static bool has_tcx(void)
{
	int program _close_ = load_trivial(BPF_PROG_TYPE_SCHED_CLS);
	const struct link_order order = {0};
	struct link_query query;

	return program >= 0 &&
	       link_create_tcx(program, NO_IFINDEX, ABI_TCX_INGRESS, &order) == -ENODEV &&
	       link_query_tcx(NO_IFINDEX, ABI_TCX_INGRESS, &query) == -ENODEV;
}

/* Look into a map while this thread's capabilities sleep. */
static bool has_unprivileged_map(void)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_ARRAY,
					  .key_size = 4,
					  .value_size = 4,
					  .max_entries = 1,
					  .name = "bpfd_probe"};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct old[2], asleep[2];
	int map _close_ = bpf_map_make(&spec);
	uint32_t key = 0, value;
	int r;

	if (map < 0 || syscall(SYS_capget, &header, old) < 0)
		return false;
	memcpy(asleep, old, sizeof(asleep));
	asleep[0].effective = asleep[1].effective = 0;
	if (syscall(SYS_capset, &header, asleep) < 0)
		return false;
	r = bpf_map_lookup(map, &key, &value);
	if (syscall(SYS_capset, &header, old) < 0)
		return false;
	return r == 0;
}

static const struct {
	const char *name;
	const char *since;
	bool (*try)(void);
} features[] = {
	[KERNEL_CAP_BPF] = {"cap-bpf", "5.8", has_cap_bpf},
	[KERNEL_RINGBUF] = {"ringbuf", "5.8", has_ringbuf},
	[KERNEL_XDP_LINK] = {"xdp-link", "5.9", has_xdp_link},
	[KERNEL_PERF_LINK] = {"perf-link", "5.15", has_perf_link},
	[KERNEL_UNPRIVILEGED_MAP] = {"unprivileged-map", "5.19", has_unprivileged_map},
	[KERNEL_TCX] = {"tcx", "6.6", has_tcx},
};
_Static_assert(array_size(features) == _KERNEL_FEATURE_MAX, "a row for each feature");

int kernel_probe(struct kernel_features *ret, struct reason *why)
{
	int program _close_ = load_trivial(BPF_PROG_TYPE_TRACEPOINT);
	struct kernel_features found = {0};

	if (program < 0) {
		fail(why, program, "the kernel refuses to load BPF programs for us: %s",
		     strerror(-program));
		reason_hint(why, "CAP_BPF and CAP_PERFMON are needed (below 5.8: CAP_SYS_ADMIN)");
		return program;
	}
	for (int i = 0; i < _KERNEL_FEATURE_MAX; i++)
		found.has[i] = features[i].try();
	kernel_release(found.release);
	*ret = found;
	return 0;
}

const char *kernel_feature_name(enum kernel_feature feature)
{
	return features[feature].name;
}

const char *kernel_feature_since(enum kernel_feature feature)
{
	return features[feature].since;
}

bool kernel_has(enum kernel_feature feature)
{
	return features[feature].try();
}

void kernel_release(char ret[static 65])
{
	struct utsname name;

	snprintf(ret, 65, "%s", uname(&name) == 0 ? name.release : "?");
}

void kernel_grace(void)
{
	/* MEMBARRIER_CMD_GLOBAL is synchronize_rcu(); a kernel that isolates processors refuses it
	 */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		usleep(20000);
}
