/* SPDX-License-Identifier: Apache-2.0 */
/* flow_dissector on network namespaces of our own; packets are for tests/e2e/flow_dissector.sh. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "hooks/ops.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/link.h"
#include "stage.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define OK	 0
#define CONTINUE 129
#define PIN	 "/tmp/netns_link"

static int is_skipped;

/* Place, two programs and an attachment; what is left closes at the end of the test. */
struct act {
	struct hook_place place;
	struct stage_program first;
	struct stage_program second;
	struct hook_attachment at;
	struct hook_attach_options options;
	struct reason why;
};

static const struct hook_ops *begin(struct act *act)
{
	if (is_skipped)
		skip();
	*act = (struct act){.at.link_fd = -1, .options.priority = HOOK_PRIORITY_DEFAULT};
	assert_int_equal(stage_place("flow_dissector", &act->place, &act->why), 0);
	assert_int_equal(stage_program_load(&act->first, BPF_PROG_TYPE_FLOW_DISSECTOR, CONTINUE),
			 0);
	assert_int_equal(stage_program_load(&act->second, BPF_PROG_TYPE_FLOW_DISSECTOR, OK), 0);
	return hook_ops(act->place.hook->kind);
}

static void end(struct act *act)
{
	fd_close(&act->at.link_fd);
	stage_program_done(&act->first);
	stage_program_done(&act->second);
	stage_place_done(&act->place);
	reason_done(&act->why);
}

static int attach(const struct hook_ops *ops, struct act *act, int program_fd)
{
	return ops->attach(&act->place, program_fd, &act->options, &act->at, &act->why);
}

static void check_says(const struct hook_ops *ops, struct act *act, uint32_t id, int want)
{
	assert_int_equal(ops->check(&act->place, &act->at, id, &act->why), want);
}

/* What "bpftool prog attach" does, here; BPF_PROG_DETACH undoes it. */
static int program_command(unsigned int command, int program_fd)
{
	union bpf_attr attr = {.attach_bpf_fd = (uint32_t)program_fd,
			       .attach_type = BPF_FLOW_DISSECTOR};

	return bpf_command(command, &attr, sizeof(attr));
}

static int open_here(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static uint32_t inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

static void it_is_attached_replaced_and_ends_with_its_pin(void **state)
{
	struct hook_seen seen;
	struct act act;
	const struct hook_ops *ops = begin(&act);

	(void)state;
	assert_int_equal(attach(ops, &act, act.first.fd), 0);
	assert_true(act.at.is_pinnable);
	assert_true(stage_sees("flow_dissector", act.first.id, &seen));
	assert_string_equal(seen.attached_by, "link");
	assert_int_equal(seen.kernel_link_id, act.at.kernel_id);

	assert_int_equal(ops->replace(&act.place, &act.at, act.second.fd, act.first.fd, &act.why),
			 0);
	check_says(ops, &act, act.second.id, 1);
	check_says(ops, &act, act.first.id, 0);
	assert_int_equal(ops->replace(&act.place, &act.at, act.first.fd, act.first.fd, &act.why),
			 -ESTALE);

	/* right behind an unlink the kernel is still ending the link: waited for, no foreigner */
	fd_close(&act.at.link_fd);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(attach(ops, &act, act.first.fd), 0);
		assert_int_equal(bpf_pin(act.at.link_fd, PIN, NULL), 0);
		fd_close(&act.at.link_fd);
		check_says(ops, &act, act.first.id, 1);
		assert_int_equal(bpffs_unlink(PIN, NULL), 0);
	}
	end(&act);
}

static void a_link_that_was_forced_off_is_noticed(void **state)
{
	struct hook_attachment again = {.link_fd = -1};
	struct act act;
	const struct hook_ops *ops = begin(&act);

	(void)state;
	assert_int_equal(attach(ops, &act, act.first.fd), 0);
	check_says(ops, &act, act.first.id, 1);
	assert_int_equal(link_detach(act.at.link_fd), 0);
	check_says(ops, &act, act.first.id, 0);
	assert_int_equal(ops->replace(&act.place, &act.at, act.second.fd, act.first.fd, &act.why),
			 -ESTALE);
	assert_int_equal(ops->attach(&act.place, act.second.fd, &act.options, &again, &act.why), 0);
	fd_close(&again.link_fd);
	end(&act);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The daemon changes nothing else in the meantime. */
static void a_foreign_program_without_a_link_is_named_at_once(void **state)
{
	struct act act;
	const struct hook_ops *ops = begin(&act);
	int64_t start;

	(void)state;
	assert_int_equal(program_command(BPF_PROG_ATTACH, act.second.fd), 0);
	start = now_ms();
	assert_int_equal(attach(ops, &act, act.first.fd), -EBUSY);
	assert_true(now_ms() - start < 300);
	assert_non_null(strstr(act.why.text, "\"stage\""));
	assert_int_equal(program_command(BPF_PROG_DETACH, act.second.fd), 0);
	end(&act);
}

static void a_link_elsewhere_is_not_taken_for_one_here(void **state)
{
	int here _close_ = open_here(), elsewhere _close_ = -1, link _close_ = -1;
	struct hook_seen seen;
	struct act act;

	(void)state;
	begin(&act);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	elsewhere = open_here();
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	link = link_create_netns(act.first.fd, elsewhere, BPF_FLOW_DISSECTOR);
	assert_true(link >= 0);
	assert_int_equal(program_command(BPF_PROG_ATTACH, act.first.fd), 0);
	assert_true(stage_sees("flow_dissector", act.first.id, &seen));
	assert_string_equal(seen.attached_by, "program");
	assert_int_equal(seen.kernel_link_id, 0);
	assert_int_equal(program_command(BPF_PROG_DETACH, act.first.fd), 0);
	end(&act);
}

struct attaching {
	const struct hook_ops *ops;
	struct act *act;
	int result;
};

/* Elsewhere is where this thread is, as one that observes; the first thread stays. */
static void *attach_elsewhere(void *arg)
{
	struct attaching *call = arg;

	if (unshare(CLONE_NEWNET) == 0)
		call->result = attach(call->ops, call->act, call->act->first.fd);
	return NULL;
}

/* The daemon looks at other namespaces in one thread while it attaches in another. */
static void it_is_the_namespace_of_the_thread_that_attaches(void **state)
{
	int here _close_ = open_here();
	struct link_facts facts;
	struct act act;
	const struct hook_ops *ops = begin(&act);
	struct attaching call = {.ops = ops, .act = &act, .result = 1};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, attach_elsewhere, &call), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(call.result, 0);
	assert_int_equal(link_facts_get(act.at.link_fd, &facts), 0);
	assert_int_not_equal(facts.netns_inode, inode_of(here));
	end(&act);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_attached_replaced_and_ends_with_its_pin),
		cmocka_unit_test(a_link_that_was_forced_off_is_noticed),
		cmocka_unit_test(a_foreign_program_without_a_link_is_named_at_once),
		cmocka_unit_test(a_link_elsewhere_is_not_taken_for_one_here),
		cmocka_unit_test(it_is_the_namespace_of_the_thread_that_attaches),
	};

	is_skipped = stage_open();
	if (is_skipped < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
