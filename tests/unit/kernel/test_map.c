/* SPDX-License-Identifier: Apache-2.0 */
/* Map types, who may have their descriptors, and reading on the real kernel. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/bpf.h"
#include "kernel/map.h"
#include "kernel/probe.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void only_data_may_leave(void **state)
{
	static const char *const data[] = {"array",	  "percpu_array", "hash",
					   "percpu_hash", "lru_hash",	  "lru_percpu_hash",
					   "lpm_trie",	  "ringbuf",	  "stack",
					   "queue",	  "bloom_filter"};
	static const char *const power[] = {"prog_array",
					    "devmap",
					    "devmap_hash",
					    "cpumap",
					    "sockmap",
					    "sockhash",
					    "xskmap",
					    "struct_ops",
					    "array_of_maps",
					    "hash_of_maps",
					    "cgroup_array",
					    "perf_event_array",
					    "reuseport_sockarray"};

	(void)state;
	for (size_t i = 0; i < array_size(data); i++)
		assert_true(map_type_is_data((uint32_t)map_type_parse(data[i])));
	for (size_t i = 0; i < array_size(power); i++) {
		assert_true(map_type_parse(power[i]) > 0);
		assert_false(map_type_is_data((uint32_t)map_type_parse(power[i])));
	}
	assert_false(map_type_is_data(999));
	assert_string_equal(map_type_name(999), "unknown");
	assert_string_equal(map_type_name(BPF_MAP_TYPE_PERCPU_ARRAY), "percpu_array");
}

static void values_per_cpu_are_rounded_up(void **state)
{
	(void)state;
	assert_int_equal(map_value_bytes(BPF_MAP_TYPE_ARRAY, 12), 12);
	assert_int_equal(map_value_bytes(BPF_MAP_TYPE_PERCPU_ARRAY, 12), 16 * map_cpus());
	assert_true(map_cpus() >= 1);
}

static int make(uint32_t type, uint32_t entries)
{
	const struct bpf_map_spec spec = {
		.type = type, .key_size = 4, .value_size = 8, .max_entries = entries};

	return bpf_map_make(&spec);
}

static void the_probe_ends_with_all_capabilities_awake(void **state)
{
	struct kernel_features features;
	int fd _close_ = -1;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(kernel_probe(&features, NULL), 0);
	assert_true(features.has[KERNEL_RINGBUF]);
	assert_true(features.has[KERNEL_XDP_LINK]);
	assert_true(features.release[0] != '\0');
	/* newer things do not come without older ones */
	if (features.has[KERNEL_TCX])
		assert_true(features.has[KERNEL_PERF_LINK] &&
			    features.has[KERNEL_UNPRIVILEGED_MAP]);
	fd = make(BPF_MAP_TYPE_HASH, 1);
	assert_true(fd >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_data_may_leave),
		cmocka_unit_test(values_per_cpu_are_rounded_up),
		cmocka_unit_test(the_probe_ends_with_all_capabilities_awake),
	};

	/* below 5.11 maps count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	return cmocka_run_group_tests(tests, NULL, NULL);
}
