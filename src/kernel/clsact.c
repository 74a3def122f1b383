/* SPDX-License-Identifier: Apache-2.0 */
/* Owns qdiscs and filters of BPF classifiers; whose they are is known by hooks/tc.c. */
#include "kernel/clsact.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/netlink.h"

#define QDISC_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)

void clsact_list_done(struct clsact_list *list)
{
	if (!list)
		return;
	free(list->items);
	*list = (struct clsact_list){0};
}

static uint32_t parent_of(enum hook_direction direction)
{
	return TC_H_MAKE(TC_H_CLSACT,
			 direction == HOOK_EGRESS ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
}

/* Send one request on a socket of its own. */
static int talk(struct netlink_request *rq, netlink_each_fn each, void *arg, struct reason *why)
{
	int fd _close_ = netlink_open(why);

	return fd < 0 ? fd : netlink_talk(fd, rq, each, arg, why);
}

struct qdisc {
	uint32_t ifindex;
	bool is_clsact;
};

struct qdisc_list {
	struct qdisc *items;
	size_t n;
};

static void qdisc_list_done(struct qdisc_list *list)
{
	free(list->items);
}

/* clsact and ingress share the handle ffff: and exclude each other. */
static int add_qdisc(const struct nlmsghdr *message, void *arg)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct netlink_attributes attributes;
	struct qdisc_list *list = arg;
	struct qdisc *grown;
	const char *kind;

	if (message->nlmsg_type != RTM_NEWQDISC || message->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return 0;
	netlink_parse(message, sizeof(*tc), &attributes);
	kind = netlink_str(attributes.by_type[TCA_KIND]);
	if (strcmp(kind, "clsact") != 0 && strcmp(kind, "ingress") != 0)
		return 0;
	grown = realloc(list->items, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	list->items[list->n++] = (struct qdisc){.ifindex = (uint32_t)tc->tcm_ifindex,
						.is_clsact = strcmp(kind, "clsact") == 0};
	return 0;
}

/* All of the netns: the kernel does not filter this dump by interface. */
static int list_qdiscs(struct qdisc_list *ret, struct reason *why)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC};
	struct netlink_request rq;

	netlink_request_init(&rq, RTM_GETQDISC, NLM_F_DUMP, &tc, sizeof(tc));
	/* ingress and clsact are shown only when asked for */
	netlink_put(&rq, TCA_DUMP_INVISIBLE, NULL, 0);
	return talk(&rq, add_qdisc, ret, why);
}

static const struct qdisc *find_qdisc(const struct qdisc_list *list, uint32_t ifindex)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].ifindex == ifindex)
			return &list->items[i];
	return NULL;
}

static int change_qdisc(uint32_t ifindex, uint16_t type, uint16_t flags, struct reason *why)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC,
			   .tcm_ifindex = (int)ifindex,
			   .tcm_handle = QDISC_HANDLE,
			   .tcm_parent = TC_H_CLSACT};
	struct netlink_request rq;

	netlink_request_init(&rq, type, flags, &tc, sizeof(tc));
	netlink_put_str(&rq, TCA_KIND, "clsact");
	return talk(&rq, NULL, NULL, why);
}

int clsact_make(uint32_t ifindex, enum hook_direction direction, struct reason *why)
{
	_cleanup_(qdisc_list_done) struct qdisc_list list = {0};
	struct reason first _reason_ = {0};
	const struct qdisc *there;
	int r = change_qdisc(ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &first);

	if (r == 0)
		return 1;
	if (r != -EEXIST && r != -EBUSY)
		return fail(why, r, "cannot add a clsact qdisc: %s", first.text);
	r = list_qdiscs(&list, why);
	if (r < 0)
		return r;
	there = find_qdisc(&list, ifindex);
	if (there && (there->is_clsact || direction == HOOK_INGRESS))
		return 0;
	r = fail(why, -EBUSY,
		 "the interface has an ingress qdisc that is not ours, and that excludes clsact");
	reason_hint(why, "use tcx:, which needs no qdisc, or tc qdisc del dev … ingress");
	return r;
}

static void read_filter(const struct nlmsghdr *message, struct clsact_filter *f)
{
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct netlink_attributes attributes, options;

	netlink_parse(message, sizeof(*tc), &attributes);
	netlink_parse_nest(attributes.by_type[TCA_OPTIONS], &options);
	*f = (struct clsact_filter){
		.ifindex = (uint32_t)tc->tcm_ifindex,
		.direction = TC_H_MIN(tc->tcm_parent) == TC_H_MIN(TC_H_MIN_EGRESS) ? HOOK_EGRESS
										   : HOOK_INGRESS,
		.pref = tc->tcm_info >> 16,
		.handle = tc->tcm_handle,
	};
	strncpy(f->kind, netlink_str(attributes.by_type[TCA_KIND]), sizeof(f->kind) - 1);
	if (strcmp(f->kind, "bpf") != 0)
		return;
	f->program_id = netlink_u32(options.by_type[TCA_BPF_ID]);
	f->is_direct_action = netlink_u32(options.by_type[TCA_BPF_FLAGS]) & TCA_BPF_FLAG_ACT_DIRECT;
	strncpy(f->name, netlink_str(options.by_type[TCA_BPF_NAME]), sizeof(f->name) - 1);
}

static bool is_filter(const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWTFILTER &&
	       message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct tcmsg));
}

static int take_filter(const struct nlmsghdr *message, void *arg)
{
	if (is_filter(message))
		read_filter(message, arg);
	return 0;
}

static void filter_request(struct netlink_request *rq, uint16_t type, uint16_t flags,
			   const struct clsact_filter *f)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC,
			   .tcm_ifindex = (int)f->ifindex,
			   .tcm_handle = f->handle,
			   .tcm_parent = parent_of(f->direction),
			   .tcm_info = TC_H_MAKE(f->pref << 16, htons(ETH_P_ALL))};

	netlink_request_init(rq, type, flags, &tc, sizeof(tc));
	netlink_put_str(rq, TCA_KIND, "bpf");
}

static void put_program(struct netlink_request *rq, const struct clsact_filter *f, int program_fd)
{
	size_t options = netlink_nest_begin(rq, TCA_OPTIONS);

	netlink_put_u32(rq, TCA_BPF_FD, (uint32_t)program_fd);
	netlink_put_str(rq, TCA_BPF_NAME, f->name[0] ? f->name : "bpfd");
	netlink_put_u32(rq, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	netlink_nest_end(rq, options);
}

int clsact_add(struct clsact_filter *filter, int program_fd, struct reason *why)
{
	struct clsact_filter made = {0};
	struct netlink_request rq;
	int r;

	filter_request(&rq, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ECHO, filter);
	put_program(&rq, filter, program_fd);
	r = talk(&rq, take_filter, &made, why);
	if (r < 0)
		return r;
	if (made.handle == 0)
		return fail(why, -EPROTO, "the kernel did not say which filter it made");
	filter->handle = made.handle;
	filter->pref = made.pref;
	filter->program_id = made.program_id;
	return 0;
}

int clsact_replace(const struct clsact_filter *filter, int program_fd, struct reason *why)
{
	struct netlink_request rq;

	/* without NLM_F_CREATE a filter that is gone stays gone: ENOENT */
	filter_request(&rq, RTM_NEWTFILTER, NLM_F_REPLACE, filter);
	put_program(&rq, filter, program_fd);
	return talk(&rq, NULL, NULL, why);
}

static bool means_gone(int r)
{
	/* EINVAL: the qdisc with everything in it was removed */
	return r == -ENOENT || r == -ENODEV || r == -EINVAL;
}

int clsact_delete(const struct clsact_filter *filter, struct reason *why)
{
	struct reason first _reason_ = {0};
	struct netlink_request rq;
	int r;

	filter_request(&rq, RTM_DELTFILTER, 0, filter);
	r = talk(&rq, NULL, NULL, &first);
	if (means_gone(r))
		return fail(why, -ENOENT, "filter %u of priority %u is gone", filter->handle,
			    filter->pref);
	return r < 0 ? fail(why, r, "cannot delete a filter: %s", first.text) : 0;
}

int clsact_get(struct clsact_filter *filter, struct reason *why)
{
	struct reason first _reason_ = {0};
	struct clsact_filter found = {0};
	struct netlink_request rq;
	int r;

	filter_request(&rq, RTM_GETTFILTER, 0, filter);
	r = talk(&rq, take_filter, &found, &first);
	if (means_gone(r) || (r == 0 && found.handle != filter->handle))
		return fail(why, -ENOENT, "filter %u of priority %u is gone", filter->handle,
			    filter->pref);
	if (r < 0)
		return fail(why, r, "cannot ask about a filter: %s", first.text);
	found.direction = filter->direction;
	*filter = found;
	return 0;
}

struct filters {
	struct clsact_list *list;
	enum hook_direction direction;
};

static int add_filter(const struct nlmsghdr *message, void *arg)
{
	struct filters *filters = arg;
	struct clsact_list *list = filters->list;
	struct clsact_filter filter, *grown;

	if (!is_filter(message))
		return 0;
	read_filter(message, &filter);
	/* one message more for each priority itself */
	if (filter.handle == 0)
		return 0;
	filter.direction = filters->direction;
	grown = realloc(list->items, (list->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->items = grown;
	list->items[list->n++] = filter;
	return 0;
}

static int list_filters(uint32_t ifindex, enum hook_direction direction, struct clsact_list *list,
			struct reason *why)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC,
			   .tcm_ifindex = (int)ifindex,
			   .tcm_parent = parent_of(direction)};
	struct filters filters = {.list = list, .direction = direction};
	struct netlink_request rq;

	netlink_request_init(&rq, RTM_GETTFILTER, NLM_F_DUMP, &tc, sizeof(tc));
	return talk(&rq, add_filter, &filters, why);
}

int clsact_remove_if_empty(uint32_t ifindex, struct reason *why)
{
	_cleanup_(clsact_list_done) struct clsact_list list = {0};
	_cleanup_(qdisc_list_done) struct qdisc_list qdiscs = {0};
	const struct qdisc *there;
	int r = list_qdiscs(&qdiscs, why);

	if (r < 0)
		return r;
	there = find_qdisc(&qdiscs, ifindex);
	if (!there || !there->is_clsact)
		return 0;
	r = list_filters(ifindex, HOOK_INGRESS, &list, why);
	if (r == 0)
		r = list_filters(ifindex, HOOK_EGRESS, &list, why);
	if (r < 0 || list.n > 0)
		return r;
	r = change_qdisc(ifindex, RTM_DELQDISC, 0, why);
	return r < 0 ? r : 1;
}

int clsact_list(struct clsact_list *ret, struct reason *why)
{
	_cleanup_(clsact_list_done) struct clsact_list list = {0};
	_cleanup_(qdisc_list_done) struct qdisc_list qdiscs = {0};
	int r = list_qdiscs(&qdiscs, why);

	for (size_t i = 0; r == 0 && i < qdiscs.n; i++) {
		r = list_filters(qdiscs.items[i].ifindex, HOOK_INGRESS, &list, why);
		if (r == 0 && qdiscs.items[i].is_clsact)
			r = list_filters(qdiscs.items[i].ifindex, HOOK_EGRESS, &list, why);
	}
	if (r < 0)
		return r;
	*ret = list;
	list = (struct clsact_list){0};
	return 0;
}
