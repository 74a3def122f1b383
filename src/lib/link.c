/* SPDX-License-Identifier: Apache-2.0 */
/* Owns links: attach, detach, list, and what is known of one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/args.h"
#include "lib/conn.h"

static int fill_attach(const struct args *args, const struct bpfd_attach_opts *opts,
		       Bpfd__V1__AttachRequest *m)
{
	struct bpfd_attach_opts o;
	int r = args_take(opts, &o, sizeof(o), args->why);

	if (r < 0)
		return r;
	bpfd__v1__attach_request__init(m);
	m->program = args_text(o.program);
	m->hook = args_text(o.hook);
	m->netns = args_text(o.netns);
	m->mode = args_text(o.mode);
	m->stats = o.stats;
	if (o.has_priority) {
		m->has_priority_case = BPFD__V1__ATTACH_REQUEST__HAS_PRIORITY_PRIORITY;
		m->priority = o.priority;
	}
	while (o.proceed_on && o.proceed_on[m->n_proceed_on])
		m->n_proceed_on++;
	/* protobuf-c asks for char **, and changes nothing. */
	m->proceed_on = (char **)(uintptr_t)o.proceed_on;
	return args_labels(args, o.labels, &m->n_labels, &m->labels);
}

int bpfd_link_attach(struct bpfd_conn *conn, const struct bpfd_attach_opts *opts,
		     struct bpfd_links **ret)
{
	_wire_arena_ struct wire_arena arena = {0};
	Bpfd__V1__AttachRequest request;
	struct conn_call call = {"Attach", &request.base, &bpfd__v1__attach_response__descriptor};
	const Bpfd__V1__AttachResponse *m;
	struct reply *reply;
	int r = conn_begin(conn, ret);

	if (r == 0)
		r = fill_attach(&(struct args){&arena, &conn->why}, opts, &request);
	if (r == 0)
		r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	m = reply_answer(AttachResponse, reply);
	reply_set_items(reply, &m->link, m->link ? 1 : 0);
	reply->warnings = m->warnings;
	reply->n_warnings = m->n_warnings;
	*ret = (struct bpfd_links *)reply;
	return 0;
}

static int take_ids(struct bpfd_conn *conn, const Bpfd__V1__DetachResponse *m, uint32_t **ret_ids,
		    size_t *ret_n)
{
	size_t size = m->n_links * sizeof(**ret_ids);
	uint32_t *ids = malloc(size + 1);

	if (!ids)
		return fail(&conn->why, -ENOMEM, "out of memory");
	if (size > 0)
		memcpy(ids, m->links, size);
	*ret_ids = ids;
	*ret_n = m->n_links;
	return 0;
}

int bpfd_link_detach(struct bpfd_conn *conn, const struct bpfd_detach_opts *opts,
		     uint32_t **ret_ids, size_t *ret_n)
{
	Bpfd__V1__DetachRequest request = BPFD__V1__DETACH_REQUEST__INIT;
	struct conn_call call = {"Detach", &request.base, &bpfd__v1__detach_response__descriptor};
	struct bpfd_detach_opts o;
	struct reply *reply;
	int r = conn_begin(conn, conn);

	if (r == 0)
		r = args_take(opts, &o, sizeof(o), &conn->why);
	if (r < 0)
		return r;
	request.link = o.link;
	request.program = args_text(o.program);
	request.hook = args_text(o.hook);
	r = conn_run(conn, &call, &reply);
	if (r < 0)
		return r;
	if (ret_ids)
		r = take_ids(conn, reply_answer(DetachResponse, reply), ret_ids, ret_n);
	reply_free(reply);
	return r;
}

int bpfd_link_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		   struct bpfd_links **ret)
{
	const struct conn_list list = {"ListLinks", &bpfd__v1__list_links_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListLinksResponse, *reply)->links,
				reply_answer(ListLinksResponse, *reply)->n_links);
	return r;
}

REPLY_LIST(link, links)
REPLY_WARNING(links)

REPLY_NUMBER(element, uint32_t, link, Link, id, id)
REPLY_NUMBER(element, uint32_t, link, Link, kernel_id, kernel_id)
REPLY_TEXT(element, link, Link, program, program)
REPLY_NUMBER(element, uint32_t, link, Link, program_id, program_id)
REPLY_TEXT(element, link, Link, hook, hook)
REPLY_NUMBER(element, uint32_t, link, Link, priority, priority)
REPLY_TEXT(element, link, Link, mode, mode)
REPLY_NUMBER(element, uint32_t, link, Link, owner_uid, owner_uid)
REPLY_TEXT(element, link, Link, config, config)
REPLY_NUMBER(element, uint64_t, link, Link, attached_at, attached_at)
REPLY_TEXT(element, link, Link, uuid, uuid)
REPLY_NUMBER(element, bool, link, Link, is_missing, is_missing)
REPLY_NUMBER(element, bool, link, Link, ends_with_daemon, ends_with_daemon)
REPLY_ITEM(element, const char *, link, Link, proceed_on, proceed_on)
REPLY_PAIR(link, Link, label, labels, key, value)
REPLY_TEXT(element, link, Link, chain_mode, chain_mode)
REPLY_TEXT(element, link, Link, chain_reason, chain_reason)
REPLY_NUMBER(element, uint32_t, link, Link, segment, segment)
REPLY_NUMBER(element, bool, link, Link, is_called, is_called)
REPLY_NUMBER(element, bool, link, Link, has_stats, stats)

static const Bpfd__V1__Counters *counters_of(const struct bpfd_link *link)
{
	return link ? reply_element(Link, link)->counters : NULL;
}

uint64_t bpfd_link_runs(const struct bpfd_link *link)
{
	const Bpfd__V1__Counters *c = counters_of(link);

	return c ? c->runs : 0;
}

uint64_t bpfd_link_average_ns(const struct bpfd_link *link)
{
	const Bpfd__V1__Counters *c = counters_of(link);

	return c && c->samples ? c->time_ns / c->samples : 0;
}

const char *bpfd_link_verdict(const struct bpfd_link *link, size_t i, uint64_t *ret_count)
{
	const Bpfd__V1__Counters *c = counters_of(link);

	if (!c || i >= c->n_verdicts)
		return NULL;
	if (ret_count)
		*ret_count = c->verdicts[i]->count;
	return c->verdicts[i]->verdict;
}
