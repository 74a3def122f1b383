/* SPDX-License-Identifier: Apache-2.0 */
/* tracepoint, raw_tp, uprobe and uretprobe on the real kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "hooks/ops.h"
#include "hooks/seen.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/perf.h"
#include "kernel/probe.h"
#include "kernel/tracefs.h"
#include "stage.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int is_skipped;
static const struct hook_attach_options options = {.priority = HOOK_PRIORITY_DEFAULT};

/* They do from 6.6, as tcx. */
static bool links_tell_their_event(void)
{
	return kernel_has(KERNEL_TCX);
}

static bool is_still_there(const struct hook_ops *ops, const struct hook_place *place,
			   const struct hook_attachment *at, uint32_t id)
{
	for (int i = 0; i < 500; i++, usleep(1000))
		if (ops->check(place, at, id, NULL) == 0)
			return false;
	return true;
}

static void a_tracepoint_counts_and_ends_with_its_pin(void **state)
{
	struct hook_attachment at = {.link_fd = -1};
	struct stage_program program;
	struct hook_place place;
	struct hook_seen seen;
	const struct hook_ops *ops = hook_ops(HOOK_TRACEPOINT);
	uint64_t before;

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(stage_place("tracepoint:net/net_dev_queue", &place, NULL), 0);
	assert_true(place.event_id > 0);
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_TRACEPOINT, 0), 0);
	assert_int_equal(ops->attach(&place, program.fd, &options, &at, NULL), 0);
	stage_send(STAGE_PEER, 3);
	assert_true(stage_count(&program) >= 3);
	assert_int_equal(ops->check(&place, &at, program.id, NULL), 1);
	assert_int_equal(at.is_pinnable, kernel_has(KERNEL_PERF_LINK));
	if (!at.is_pinnable) {
		fd_close(&at.link_fd);
		stage_program_done(&program);
		stage_place_done(&place);
		return;
	}
	if (links_tell_their_event()) {
		assert_true(stage_sees("tracepoint:net/net_dev_queue", program.id, &seen));
		assert_int_equal(seen.kernel_link_id, at.kernel_id);
		assert_string_equal(seen.attached_by, "perf event");
	}
	assert_int_equal(bpf_pin(at.link_fd, "/tmp/tracepoint_link", NULL), 0);
	fd_close(&at.link_fd);
	assert_int_equal(ops->check(&place, &at, program.id, NULL), 1);
	assert_int_equal(bpffs_unlink("/tmp/tracepoint_link", NULL), 0);
	assert_false(is_still_there(ops, &place, &at, program.id));

	/* at once again: the kernel still knows the first, and a program runs once on an event */
	assert_int_equal(ops->attach(&place, program.fd, &options, &at, NULL), 0);
	before = stage_count(&program);
	stage_send(STAGE_PEER, 2);
	assert_true(stage_count(&program) >= before + 2);
	fd_close(&at.link_fd);
	stage_program_done(&program);
	stage_place_done(&place);
}

static void a_program_that_is_on_the_tracepoint_is_refused(void **state)
{
	struct hook_attachment at = {.link_fd = -1}, again = {.link_fd = -1};
	struct reason why _reason_ = {0};
	struct stage_program program;
	struct hook_place place;
	const struct hook_ops *ops = hook_ops(HOOK_TRACEPOINT);

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(stage_place("tracepoint:net/net_dev_queue", &place, NULL), 0);
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_TRACEPOINT, 0), 0);
	assert_int_equal(ops->attach(&place, program.fd, &options, &at, NULL), 0);
	assert_int_equal(ops->attach(&place, program.fd, &options, &again, &why), -EEXIST);
	assert_non_null(strstr(why.text, "is there already"));
	fd_close(&at.link_fd);
	stage_program_done(&program);
	stage_place_done(&place);
}

static void a_misspelt_tracepoint_gets_the_nearest_name(void **state)
{
	struct reason name _reason_ = {0}, group _reason_ = {0};
	struct hook_place place;

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(stage_place("tracepoint:net/net_dev_quue", &place, &name), -ENOENT);
	assert_string_equal(name.hint, "did you mean \"net/net_dev_queue\"");
	assert_int_equal(stage_place("tracepoint:shced/sched_switch", &place, &group), -ENOENT);
	assert_string_equal(group.hint, "did you mean group \"sched\"");
}

static void the_daemons_tracefs_is_used_when_given(void **state)
{
	struct hook_attachment at = {.link_fd = -1};
	struct stage_program program;
	struct hook_place place;
	int events _close_ = -1;

	(void)state;
	if (is_skipped)
		skip();
	events = tracefs_open(NULL);
	assert_true(events >= 0);
	assert_int_equal(stage_place("tracepoint:sched/sched_switch", &place, NULL), 0);
	place.event_id = 0;
	place.events_fd = events;
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_TRACEPOINT, 0), 0);
	assert_int_equal(hook_ops(HOOK_TRACEPOINT)->attach(&place, program.fd, &options, &at, NULL),
			 0);
	usleep(2000);
	assert_true(stage_count(&program) > 0);
	fd_close(&at.link_fd);
	stage_program_done(&program);
	stage_place_done(&place);
}

static void a_raw_tracepoint_counts_and_is_seen(void **state)
{
	struct hook_attachment at = {.link_fd = -1};
	struct reason why _reason_ = {0};
	struct stage_program program;
	struct hook_place place, wrong;
	struct hook_seen seen;
	const struct hook_ops *ops = hook_ops(HOOK_RAW_TP);

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(stage_place("raw_tp:sched_switch", &place, NULL), 0);
	assert_int_equal(stage_place("raw_tp:sched_swich", &wrong, NULL), 0);
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_RAW_TRACEPOINT, 0), 0);
	assert_int_equal(ops->attach(&wrong, program.fd, &options, &at, &why), -ENOENT);
	assert_non_null(strstr(why.text, "no raw tracepoint \"sched_swich\""));
	assert_int_equal(ops->attach(&place, program.fd, &options, &at, NULL), 0);
	usleep(2000);
	assert_true(stage_count(&program) > 0);
	assert_true(at.is_pinnable);
	assert_int_equal(ops->check(&place, &at, program.id, NULL), 1);
	assert_true(stage_sees("raw_tp:sched_switch", program.id, &seen));
	fd_close(&at.link_fd);
	assert_false(is_still_there(ops, &place, &at, program.id));
	stage_program_done(&program);
	stage_place_done(&place);
	stage_place_done(&wrong);
}

__attribute__((noinline)) int stage_target(int n);
__attribute__((noinline)) int stage_target(int n)
{
	__asm__ volatile("" ::: "memory");
	return n + 1;
}

/* Where a function of this executable is in its file. */
static uint64_t offset_of(const void *function)
{
	unsigned long address = (unsigned long)(uintptr_t)function, start, stop, offset;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096];
	uint64_t found = 0;

	while (maps && !found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &stop, &offset) == 3 &&
		    address >= start && address < stop)
			found = address - start + offset;
	if (maps)
		fclose(maps);
	return found;
}

static void probe(enum hook_kind kind)
{
	struct hook hook = {.kind = kind, .target = (char *)(uintptr_t) "/proc/self/exe"};
	int binary _close_ = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct hook_place place = {.hook = &hook, .netns_fd = -1, .binary_fd = binary};
	struct hook_attachment at = {.link_fd = -1};
	const struct hook_ops *ops = hook_ops(kind);
	struct stage_program program;

	place.offset = offset_of((const void *)(uintptr_t)stage_target);
	assert_int_equal(ops->resolve(&place, NULL), 0);
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_KPROBE, 0), 0);
	assert_int_equal(ops->attach(&place, program.fd, &options, &at, NULL), 0);
	for (int i = 0; i < 7; i++)
		stage_target(i);
	assert_int_equal(stage_count(&program), 7);
	assert_int_equal(ops->check(&place, &at, program.id, NULL), 1);
	if (links_tell_their_event()) {
		_cleanup_(hook_seen_list_done) struct hook_seen_list list = {0};
		bool found = false;

		assert_int_equal(hook_observe(-1, NULL, &list, NULL), 0);
		for (size_t i = 0; i < list.n; i++)
			found |= list.items[i].program_id == program.id &&
				 list.items[i].hook.kind == kind &&
				 list.items[i].hook.offset == place.offset;
		assert_true(found);
	}
	fd_close(&at.link_fd);
	usleep(100000);
	stage_target(1);
	assert_int_equal(stage_count(&program), 7);
	stage_program_done(&program);
}

static void a_uprobe_counts_calls(void **state)
{
	(void)state;
	if (is_skipped || !perf_has_uprobe())
		skip();
	probe(HOOK_UPROBE);
}

static void a_uretprobe_counts_returns(void **state)
{
	(void)state;
	if (is_skipped || !perf_has_uprobe())
		skip();
	probe(HOOK_URETPROBE);
}

static void the_file_that_was_opened_is_probed_and_not_the_name(void **state)
{
	char path[] = "/dev/shm/bpfd-test-XXXXXX";
	int file _close_ = -1;
	struct hook hook = {.kind = HOOK_UPROBE, .target = path};
	struct hook_place place = {.hook = &hook, .netns_fd = -1};
	struct hook_attachment at = {.link_fd = -1};
	struct stage_program program;
	char *bytes _free_ = NULL;
	int self _close_ = -1;
	int (*copy)(int);
	size_t len;
	char *map;

	(void)state;
	if (is_skipped || !perf_has_uprobe())
		skip();
	file = mkostemp(path, O_CLOEXEC);
	if (file < 0)
		skip();
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fd_read_all(self, 64u << 20, &bytes, &len), 0);
	assert_int_equal(fd_write_all(file, bytes, len), 0);
	place.binary_fd = file;
	place.offset = offset_of((const void *)(uintptr_t)stage_target);
	/* the name now means nothing */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(stage_program_load(&program, BPF_PROG_TYPE_KPROBE, 0), 0);
	assert_int_equal(hook_ops(HOOK_UPROBE)->attach(&place, program.fd, &options, &at, NULL), 0);
	map = mmap(NULL, len, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	if (map != MAP_FAILED) {
		copy = (int (*)(int))(uintptr_t)(map + place.offset);
		assert_int_equal(copy(1), 2);
		assert_int_equal(stage_count(&program), 1);
		munmap(map, len);
	}
	fd_close(&at.link_fd);
	stage_program_done(&program);
}

static void an_offset_behind_the_file_is_refused(void **state)
{
	struct hook hook = {.kind = HOOK_UPROBE, .target = (char *)(uintptr_t) "/x"};
	int binary _close_ = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct hook_place place = {
		.hook = &hook, .netns_fd = -1, .binary_fd = binary, .offset = 1ull << 40};
	struct reason why _reason_ = {0};

	(void)state;
	if (is_skipped || !perf_has_uprobe())
		skip();
	assert_int_equal(hook_ops(HOOK_UPROBE)->resolve(&place, &why), -EINVAL);
	assert_non_null(strstr(why.text, "behind the end"));
}

static void every_kind_has_its_methods(void **state)
{
	(void)state;
	for (int kind = 0; kind < _HOOK_KIND_MAX; kind++) {
		const struct hook_ops *ops = hook_ops((enum hook_kind)kind);

		assert_non_null(ops);
		assert_true(ops->resolve && ops->attach && ops->check);
	}
	assert_int_equal(xdp_mode_parse("skb", NULL), XDP_MODE_SKB);
	assert_int_equal(xdp_mode_parse("", NULL), XDP_MODE_AUTO);
	assert_int_equal(xdp_mode_parse("generic", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tracepoint_counts_and_ends_with_its_pin),
		cmocka_unit_test(a_program_that_is_on_the_tracepoint_is_refused),
		cmocka_unit_test(a_misspelt_tracepoint_gets_the_nearest_name),
		cmocka_unit_test(the_daemons_tracefs_is_used_when_given),
		cmocka_unit_test(a_raw_tracepoint_counts_and_is_seen),
		cmocka_unit_test(a_uprobe_counts_calls),
		cmocka_unit_test(a_uretprobe_counts_returns),
		cmocka_unit_test(the_file_that_was_opened_is_probed_and_not_the_name),
		cmocka_unit_test(an_offset_behind_the_file_is_refused),
		cmocka_unit_test(every_kind_has_its_methods),
	};

	is_skipped = stage_open();
	if (is_skipped < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
