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

struct sum {
	uint32_t entries;
	uint64_t keys;
	uint64_t values;
	uint32_t cpus;
};

static int add_up(const struct map_entry *entry, void *arg)
{
	struct sum *sum = arg;
	uint32_t key;
	uint64_t value;

	memcpy(&key, entry->key, sizeof(key));
	sum->entries++;
	sum->keys += key;
	sum->cpus = entry->cpus;
	for (size_t at = 0; at + sizeof(value) <= entry->value_len; at += sizeof(value)) {
		memcpy(&value, (const char *)entry->value + at, sizeof(value));
		sum->values += value;
	}
	return 0;
}

static int make(uint32_t type, uint32_t entries)
{
	const struct bpf_map_spec spec = {
		.type = type, .key_size = 4, .value_size = 8, .max_entries = entries};

	return bpf_map_make(&spec);
}

static void every_entry_is_read_once(void **state)
{
	static const uint32_t types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY,
					 BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
					 BPF_MAP_TYPE_LRU_HASH};

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < array_size(types); i++) {
		int fd _close_ = make(types[i], 100);
		struct sum sum = {0}, limited = {0};
		uint64_t values[4096];

		assert_true(fd >= 0);
		for (uint32_t key = 0; key < 100; key++) {
			for (size_t cpu = 0; cpu < array_size(values); cpu++)
				values[cpu] = key;
			assert_int_equal(bpf_map_put(fd, &key, values, 0), 0);
		}
		assert_int_equal(map_read(fd, 0, add_up, &sum, NULL), 0);
		assert_int_equal(sum.entries, 100);
		assert_int_equal(sum.keys, 4950);
		assert_int_equal(sum.values, 4950 * (sum.cpus ? sum.cpus : 1));
		assert_int_equal(sum.cpus, map_type_is_percpu(types[i]) ? map_cpus() : 0);
		assert_int_equal(map_read(fd, 7, add_up, &limited, NULL), 0);
		assert_int_equal(limited.entries, 7);
	}
}

static void an_empty_map_shows_nothing(void **state)
{
	int fd _close_ = geteuid() == 0 ? make(BPF_MAP_TYPE_HASH, 4) : -1;
	struct sum sum = {0};

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(map_read(fd, 0, add_up, &sum, NULL), 0);
	assert_int_equal(sum.entries, 0);
}

static void one_key_is_found_or_named(void **state)
{
	int fd _close_ = geteuid() == 0 ? make(BPF_MAP_TYPE_HASH, 4) : -1;
	struct reason missing _reason_ = {0}, size _reason_ = {0};
	struct sum sum = {0};
	uint32_t key = 3;
	uint64_t value = 9;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(bpf_map_put(fd, &key, &value, 0), 0);
	assert_int_equal(map_read_one(fd, &key, 4, add_up, &sum, NULL), 0);
	assert_int_equal(sum.values, 9);
	key = 4;
	assert_int_equal(map_read_one(fd, &key, 4, add_up, &sum, &missing), -ENOENT);
	assert_non_null(strstr(missing.text, "no such key"));
	assert_int_equal(map_read_one(fd, &key, 3, add_up, &sum, &size), -EINVAL);
	assert_non_null(strstr(size.text, "keys of 4 bytes, not 3"));
}

static void a_ring_buffer_has_no_keys(void **state)
{
	const struct bpf_map_spec spec = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 65536};
	int fd _close_ = geteuid() == 0 ? bpf_map_make(&spec) : -1;
	struct reason why _reason_ = {0};
	struct sum sum = {0};

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(map_read(fd, 0, add_up, &sum, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.text, "is a ringbuf"));
	assert_non_null(strstr(why.hint, "descriptor"));
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
		cmocka_unit_test(every_entry_is_read_once),
		cmocka_unit_test(an_empty_map_shows_nothing),
		cmocka_unit_test(one_key_is_found_or_named),
		cmocka_unit_test(a_ring_buffer_has_no_keys),
		cmocka_unit_test(the_probe_ends_with_all_capabilities_awake),
	};

	/* below 5.11 maps count as locked memory */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
	return cmocka_run_group_tests(tests, NULL, NULL);
}
