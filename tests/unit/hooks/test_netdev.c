/* SPDX-License-Identifier: Apache-2.0 */
/* xdp, tc and tcx on a veth pair of an own netns, with real frames. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "hooks/kinds.h"
#include "hooks/ops.h"
#include "hooks/seen.h"
#include "kernel/bpf.h"
#include "kernel/bpffs.h"
#include "kernel/clsact.h"
#include "kernel/link.h"
#include "kernel/netdev.h"
#include "kernel/netlink.h"
#include "kernel/probe.h"
#include "stage.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define TC_OK	  0
#define TCX_NEXT  (-1)
#define OPTIONS() ((struct hook_attach_options){.priority = HOOK_PRIORITY_DEFAULT})

static int is_skipped;

/* Place, two programs and an attachment; what is left closes at the end of the test. */
struct act {
	struct hook_place place;
	struct stage_program first;
	struct stage_program second;
	struct hook_attachment at;
	struct reason why;
};

static const struct hook_ops *begin(struct act *act, const char *text, uint32_t type, int verdict)
{
	if (is_skipped)
		skip();
	memset(act, 0, sizeof(*act));
	act->at.link_fd = -1;
	assert_int_equal(stage_place(text, &act->place, &act->why), 0);
	assert_int_equal(stage_program_load(&act->first, type, verdict), 0);
	assert_int_equal(stage_program_load(&act->second, type, verdict), 0);
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

static void check_says(const struct hook_ops *ops, struct act *act, uint32_t id, int want)
{
	assert_int_equal(ops->check(&act->place, &act->at, id, &act->why), want);
}

static void xdp_is_attached_replaced_and_ends_with_its_pin(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct hook_seen seen;
	struct act act;
	const struct hook_ops *ops = begin(&act, "xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP, XDP_PASS);

	(void)state;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(act.at.mode, XDP_MODE_NATIVE);
	assert_true(act.at.is_pinnable);
	assert_true(act.at.kernel_id > 0);
	stage_send(STAGE_PEER, 5);
	assert_int_equal(stage_count(&act.first), 5);
	assert_true(stage_sees("xdp:" STAGE_DEV, act.first.id, &seen));
	assert_string_equal(seen.attached_by, "link");
	assert_int_equal(seen.kernel_link_id, act.at.kernel_id);
	assert_int_equal(seen.mode, XDP_MODE_NATIVE);

	assert_int_equal(ops->replace(&act.place, &act.at, act.second.fd, act.first.fd, &act.why),
			 0);
	stage_send(STAGE_PEER, 3);
	assert_int_equal(stage_count(&act.first), 5);
	assert_int_equal(stage_count(&act.second), 3);
	check_says(ops, &act, act.second.id, 1);
	check_says(ops, &act, act.first.id, 0);
	assert_int_equal(ops->replace(&act.place, &act.at, act.first.fd, act.first.fd, &act.why),
			 -ESTALE);

	assert_int_equal(bpf_pin(act.at.link_fd, "/tmp/xdp_link", NULL), 0);
	fd_close(&act.at.link_fd);
	check_says(ops, &act, act.second.id, 1);
	assert_int_equal(bpffs_unlink("/tmp/xdp_link", NULL), 0);
	for (int i = 0; i < 500 && ops->check(&act.place, &act.at, act.second.id, NULL) == 1; i++)
		usleep(1000);
	check_says(ops, &act, act.second.id, 0);

	/* right behind an unlink the kernel is still ending the link: waited for, no foreigner */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
				 0);
		assert_int_equal(bpf_pin(act.at.link_fd, "/tmp/xdp_link", NULL), 0);
		fd_close(&act.at.link_fd);
		assert_int_equal(bpffs_unlink("/tmp/xdp_link", NULL), 0);
	}
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(ops->end(&act.at), 0);
	assert_false(stage_sees("xdp:" STAGE_DEV, act.first.id, &seen));
	check_says(ops, &act, act.first.id, 0);
	end(&act);
}

static void xdp_modes_are_as_asked(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct act act;
	const struct hook_ops *ops = begin(&act, "xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP, XDP_PASS);

	(void)state;
	options.mode = XDP_MODE_SKB;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(act.at.mode, XDP_MODE_SKB);
	stage_send(STAGE_PEER, 2);
	assert_int_equal(stage_count(&act.first), 2);
	fd_close(&act.at.link_fd);
	options.mode = XDP_MODE_OFFLOAD;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
			 -EOPNOTSUPP);
	assert_non_null(strstr(act.why.text, "on the network card"));
	end(&act);
}

static void xdp_on_an_interface_without_driver_support_falls_back_to_skb(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct act act;
	const struct hook_ops *ops = begin(&act, "xdp:lo", BPF_PROG_TYPE_XDP, XDP_PASS);

	(void)state;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(act.at.mode, XDP_MODE_SKB);
	fd_close(&act.at.link_fd);
	options.mode = XDP_MODE_NATIVE;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
			 -EOPNOTSUPP);
	assert_non_null(strstr(act.why.text, "no native xdp"));
	end(&act);
}

/* What "ip link set dev … xdp" does. */
static int attach_by_netlink(uint32_t ifindex, int program_fd)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;
	size_t xdp;

	netlink_request_init(&rq, RTM_SETLINK, 0, &info, sizeof(info));
	xdp = netlink_nest_begin(&rq, IFLA_XDP);
	netlink_put(&rq, IFLA_XDP_FD, &program_fd, sizeof(program_fd));
	netlink_nest_end(&rq, xdp);
	return netlink_talk(fd, &rq, NULL, NULL, NULL);
}

static void a_foreign_xdp_program_is_named_and_left_alone(void **state)
{
	struct hook_attach_options options = OPTIONS();
	int link_fd _close_ = -1;
	struct hook_seen seen;
	struct act act;
	char id[24];
	const struct hook_ops *ops = begin(&act, "xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP, XDP_PASS);

	(void)state;
	snprintf(id, sizeof(id), "program %u ", act.second.id);
	assert_int_equal(attach_by_netlink(act.place.ifindex, act.second.fd), 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
			 -EBUSY);
	assert_non_null(strstr(act.why.text, id));
	assert_non_null(strstr(act.why.text, "\"stage\""));
	assert_non_null(strstr(act.why.text, "netlink"));
	assert_true(stage_sees("xdp:" STAGE_DEV, act.second.id, &seen));
	assert_string_equal(seen.attached_by, "netlink");
	assert_int_equal(attach_by_netlink(act.place.ifindex, -1), 0);

	reason_done(&act.why);
	link_fd = link_create_xdp(act.second.fd, act.place.ifindex, 0);
	assert_true(link_fd >= 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
			 -EBUSY);
	assert_non_null(strstr(act.why.text, id));
	assert_non_null(strstr(act.why.text, "by link "));
	end(&act);
}

static void a_link_that_was_forced_off_is_noticed(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct act act;
	const struct hook_ops *ops = begin(&act, "xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP, XDP_PASS);

	(void)state;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(link_detach(act.at.link_fd), 0);
	check_says(ops, &act, act.first.id, 0);
	assert_int_equal(ops->replace(&act.place, &act.at, act.second.fd, act.first.fd, &act.why),
			 -ESTALE);
	end(&act);
}

static void a_missing_interface_is_named_with_the_nearest(void **state)
{
	struct reason why _reason_ = {0};
	struct hook_place place;

	(void)state;
	if (is_skipped)
		skip();
	assert_int_equal(stage_place("xdp:stage9", &place, &why), -ENOENT);
	assert_non_null(strstr(why.text, "\"stage9\""));
	assert_non_null(strstr(why.hint, "stage"));
}

/* The way of tc below 6.6, which newer kernels have as well. */
static const struct hook_ops *filters(const struct hook_ops *tc)
{
	assert_ptr_equal(tc, &hook_tc);
	return &hook_tc_filter;
}

static size_t filters_on(uint32_t ifindex)
{
	_cleanup_(clsact_list_done) struct clsact_list list = {0};
	size_t n = 0;

	assert_int_equal(clsact_list(&list, NULL), 0);
	for (size_t i = 0; i < list.n; i++)
		n += list.items[i].ifindex == ifindex;
	return n;
}

static void tc_counts_replaces_and_takes_its_qdisc_away(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct hook_seen seen;
	struct act act;
	const struct hook_ops *ops =
		filters(begin(&act, "tc:" STAGE_DEV "/ingress", BPF_PROG_TYPE_SCHED_CLS, TC_OK));

	(void)state;
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(act.at.link_fd, -1);
	assert_int_equal(act.at.tc_priority, HOOK_PRIORITY_DEFAULT + 1);
	assert_true(act.at.tc_handle > 0);
	stage_send(STAGE_PEER, 4);
	assert_int_equal(stage_count(&act.first), 4);
	assert_true(stage_sees("tc:" STAGE_DEV "/ingress", act.first.id, &seen));
	assert_int_equal(seen.priority, HOOK_PRIORITY_DEFAULT);
	assert_int_equal(seen.tc_handle, act.at.tc_handle);

	assert_int_equal(ops->replace(&act.place, &act.at, act.second.fd, act.first.fd, &act.why),
			 0);
	stage_send(STAGE_PEER, 2);
	assert_int_equal(stage_count(&act.first), 4);
	assert_int_equal(stage_count(&act.second), 2);
	check_says(ops, &act, act.second.id, 1);
	assert_int_equal(ops->replace(&act.place, &act.at, act.first.fd, act.first.fd, &act.why),
			 -ESTALE);

	/* not ours any more: left alone */
	assert_int_equal(ops->detach(&act.place, &act.at, act.first.id, &act.why), 0);
	assert_int_equal(filters_on(act.place.ifindex), 1);
	assert_int_equal(ops->detach(&act.place, &act.at, act.second.id, &act.why), 0);
	check_says(ops, &act, act.second.id, 0);
	/* gone already: success */
	assert_int_equal(ops->detach(&act.place, &act.at, act.second.id, &act.why), 0);
	/* made anew, so it was taken away */
	assert_int_equal(clsact_make(act.place.ifindex, HOOK_EGRESS, NULL), 1);
	assert_int_equal(clsact_remove_if_empty(act.place.ifindex, NULL), 1);
	end(&act);
}

static void tc_leaves_the_qdisc_and_the_filters_of_others(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct act act;
	const struct hook_ops *ops =
		filters(begin(&act, "tc:" STAGE_DEV "/egress", BPF_PROG_TYPE_SCHED_CLS, TCX_NEXT));
	struct clsact_filter foreign = {
		.ifindex = act.place.ifindex, .direction = HOOK_EGRESS, .pref = 51};

	(void)state;
	assert_int_equal(clsact_make(act.place.ifindex, HOOK_EGRESS, NULL), 1);
	assert_int_equal(clsact_add(&foreign, act.second.fd, NULL), 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(filters_on(act.place.ifindex), 2);
	stage_send(STAGE_DEV, 3);
	assert_int_equal(stage_count(&act.first), 3);
	assert_int_equal(stage_count(&act.second), 3);
	assert_int_equal(ops->detach(&act.place, &act.at, act.first.id, &act.why), 0);
	assert_int_equal(filters_on(act.place.ifindex), 1);
	assert_int_equal(clsact_delete(&foreign, NULL), 0);
	assert_int_equal(clsact_delete(&foreign, NULL), -ENOENT);
	assert_int_equal(clsact_remove_if_empty(act.place.ifindex, NULL), 1);
	assert_int_equal(clsact_remove_if_empty(act.place.ifindex, NULL), 0);
	end(&act);
}

static void the_last_of_our_filters_takes_the_qdisc_away(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct hook_attachment other = {.link_fd = -1};
	struct hook_place egress;
	struct act act;
	const struct hook_ops *ops =
		filters(begin(&act, "tc:" STAGE_DEV "/ingress", BPF_PROG_TYPE_SCHED_CLS, TC_OK));

	(void)state;
	assert_int_equal(stage_place("tc:" STAGE_DEV "/egress", &egress, NULL), 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(ops->attach(&egress, act.second.fd, &options, &other, &act.why), 0);
	assert_int_equal(ops->detach(&act.place, &act.at, act.first.id, &act.why), 0);
	stage_send(STAGE_DEV, 1);
	assert_int_equal(stage_count(&act.second), 1);
	assert_int_equal(ops->detach(&egress, &other, act.second.id, &act.why), 0);
	assert_int_equal(clsact_make(act.place.ifindex, HOOK_EGRESS, NULL), 1);
	assert_int_equal(clsact_remove_if_empty(act.place.ifindex, NULL), 1);
	stage_place_done(&egress);
	end(&act);
}

static void tcx_keeps_the_order_it_is_told(void **state)
{
	struct hook_attach_options options = OPTIONS();
	struct hook_attachment other = {.link_fd = -1};
	struct hook_seen seen;
	struct act act;
	const struct hook_ops *ops =
		begin(&act, "tcx:" STAGE_DEV "/ingress", BPF_PROG_TYPE_SCHED_CLS, TCX_NEXT);

	(void)state;
	if (!kernel_has(KERNEL_TCX)) {
		assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
				 -EOPNOTSUPP);
		assert_non_null(strstr(act.why.text, "tcx needs kernel 6.6"));
		end(&act);
		return;
	}
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &other, &act.why),
			 -EEXIST);
	options.before_program_id = act.first.id;
	assert_int_equal(ops->attach(&act.place, act.second.fd, &options, &other, &act.why), 0);
	assert_true(stage_sees("tcx:" STAGE_DEV "/ingress", act.second.id, &seen));
	assert_int_equal(seen.position, 0);
	assert_int_equal(seen.kernel_link_id, other.kernel_id);
	assert_true(stage_sees("tcx:" STAGE_DEV "/ingress", act.first.id, &seen));
	assert_int_equal(seen.position, 1);
	stage_send(STAGE_PEER, 2);
	assert_int_equal(stage_count(&act.first), 2);
	assert_int_equal(stage_count(&act.second), 2);
	check_says(ops, &act, act.first.id, 1);
	assert_int_equal(ops->end(&act.at), 0);
	check_says(ops, &act, act.first.id, 0);
	fd_close(&act.at.link_fd);
	assert_int_equal(ops->replace(&act.place, &other, act.first.fd, act.second.fd, &act.why),
			 0);
	stage_send(STAGE_PEER, 1);
	assert_int_equal(stage_count(&act.first), 3);
	options.before_program_id = act.second.id;
	reason_done(&act.why);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why),
			 -EEXIST);
	fd_close(&other.link_fd);
	reason_done(&act.why);
	/* the one beside which it shall be is gone: somebody ended its link */
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	check_says(ops, &act, act.first.id, 1);
	end(&act);
}

static void a_place_in_another_netns_is_reached_and_left(void **state)
{
	struct hook_attach_options options = OPTIONS();
	int inside _close_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct act act;
	const struct hook_ops *ops = begin(&act, "xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP, XDP_PASS);
	struct netdev dev;

	(void)state;
	act.place.netns_fd = inside;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(netdev_find(STAGE_DEV, &dev.ifindex, NULL), -ENOENT);
	assert_int_equal(ops->resolve(&act.place, &act.why), 0);
	assert_int_equal(ops->attach(&act.place, act.first.fd, &options, &act.at, &act.why), 0);
	check_says(ops, &act, act.first.id, 1);
	assert_int_equal(netdev_find(STAGE_DEV, &dev.ifindex, NULL), -ENOENT);
	assert_int_equal(setns(inside, CLONE_NEWNET), 0);
	stage_send(STAGE_PEER, 1);
	assert_int_equal(stage_count(&act.first), 1);
	end(&act);
}

static void delete_device(uint32_t ifindex)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	int fd _close_ = netlink_open(NULL);
	struct netlink_request rq;

	netlink_request_init(&rq, RTM_DELLINK, 0, &info, sizeof(info));
	assert_int_equal(netlink_talk(fd, &rq, NULL, NULL, NULL), 0);
}

/* The last test: the pair is gone behind it. */
static void an_interface_that_goes_away_is_told(void **state)
{
	static const struct {
		const char *text;
		uint32_t type;
	} rows[] = {
		{"xdp:" STAGE_DEV, BPF_PROG_TYPE_XDP},
		{"tc:" STAGE_DEV "/ingress", BPF_PROG_TYPE_SCHED_CLS},
		{"tcx:" STAGE_DEV "/egress", BPF_PROG_TYPE_SCHED_CLS},
	};
	struct hook_attach_options options = OPTIONS();
	struct act acts[array_size(rows)];
	const struct hook_ops *ops[array_size(rows)];

	(void)state;
	for (size_t i = 0; i < array_size(rows); i++) {
		ops[i] = begin(&acts[i], rows[i].text, rows[i].type, TC_OK);
		options.priority = (uint32_t)i;
		if (i == 2 && !kernel_has(KERNEL_TCX))
			continue;
		assert_int_equal(ops[i]->attach(&acts[i].place, acts[i].first.fd, &options,
						&acts[i].at, &acts[i].why),
				 0);
	}
	delete_device(acts[0].place.ifindex);
	for (size_t i = 0; i < array_size(rows); i++) {
		struct hook_attachment again = {.link_fd = -1};

		if (i == 2 && !kernel_has(KERNEL_TCX)) {
			end(&acts[i]);
			continue;
		}
		check_says(ops[i], &acts[i], acts[i].first.id, 0);
		assert_int_equal(ops[i]->replace(&acts[i].place, &acts[i].at, acts[i].second.fd,
						 acts[i].first.fd, NULL),
				 -ESTALE);
		assert_int_equal(ops[i]->attach(&acts[i].place, acts[i].second.fd, &options, &again,
						&acts[i].why),
				 -ENODEV);
		assert_non_null(strstr(acts[i].why.text, STAGE_DEV));
		if (ops[i]->detach)
			assert_int_equal(
				ops[i]->detach(&acts[i].place, &acts[i].at, acts[i].first.id, NULL),
				0);
		end(&acts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_is_attached_replaced_and_ends_with_its_pin),
		cmocka_unit_test(xdp_modes_are_as_asked),
		cmocka_unit_test(xdp_on_an_interface_without_driver_support_falls_back_to_skb),
		cmocka_unit_test(a_foreign_xdp_program_is_named_and_left_alone),
		cmocka_unit_test(a_link_that_was_forced_off_is_noticed),
		cmocka_unit_test(a_missing_interface_is_named_with_the_nearest),
		cmocka_unit_test(tc_counts_replaces_and_takes_its_qdisc_away),
		cmocka_unit_test(tc_leaves_the_qdisc_and_the_filters_of_others),
		cmocka_unit_test(the_last_of_our_filters_takes_the_qdisc_away),
		cmocka_unit_test(tcx_keeps_the_order_it_is_told),
		cmocka_unit_test(a_place_in_another_netns_is_reached_and_left),
		cmocka_unit_test(an_interface_that_goes_away_is_told),
	};

	is_skipped = stage_open();
	if (is_skipped < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
