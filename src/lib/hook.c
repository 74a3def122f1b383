/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the list of what runs where. */
#include "lib/conn.h"

int bpfd_hook_list(struct bpfd_conn *conn, const struct bpfd_list_opts *opts,
		   struct bpfd_hooks **ret)
{
	const struct conn_list list = {"ListHooks", &bpfd__v1__list_hooks_response__descriptor};
	struct reply **reply = (struct reply **)ret;
	int r = conn_list(conn, &list, opts, reply);

	if (r == 0)
		reply_set_items(*reply, reply_answer(ListHooksResponse, *reply)->hooks,
				reply_answer(ListHooksResponse, *reply)->n_hooks);
	return r;
}

REPLY_LIST(hook, hooks)

REPLY_TEXT(element, hook, HookEntry, name, hook)
REPLY_NUMBER(element, uint32_t, hook, HookEntry, position, position)
REPLY_NUMBER(element, uint32_t, hook, HookEntry, program_id, program_id)
REPLY_TEXT(element, hook, HookEntry, program, program)
REPLY_NUMBER(element, bool, hook, HookEntry, is_ours, is_ours)
REPLY_NUMBER(element, uint32_t, hook, HookEntry, link_id, link_id)
REPLY_NUMBER(element, uint32_t, hook, HookEntry, priority, priority)
REPLY_TEXT(element, hook, HookEntry, mode, mode)
REPLY_TEXT(element, hook, HookEntry, owner, owner)
REPLY_TEXT(element, hook, HookEntry, attached_by, attached_by)
REPLY_TEXT(element, hook, HookEntry, chain_mode, chain_mode)
REPLY_TEXT(element, hook, HookEntry, chain_reason, chain_reason)
REPLY_NUMBER(element, uint32_t, hook, HookEntry, segment, segment)
REPLY_NUMBER(element, bool, hook, HookEntry, is_called, is_called)
REPLY_ITEM(element, const char *, hook, HookEntry, proceed_on, proceed_on)
REPLY_ITEM(element, const char *, hook, HookEntry, returns, returns)
REPLY_ITEM(element, const char *, hook, HookEntry, warning, warnings)

uint64_t bpfd_hook_runs(const struct bpfd_hook *hook)
{
	const Bpfd__V1__Counters *c = hook ? reply_element(HookEntry, hook)->counters : NULL;

	return c ? c->runs : 0;
}

const char *bpfd_hook_verdict(const struct bpfd_hook *hook, size_t i, uint64_t *ret_count)
{
	const Bpfd__V1__Counters *c = hook ? reply_element(HookEntry, hook)->counters : NULL;

	if (!c || i >= c->n_verdicts)
		return NULL;
	if (ret_count)
		*ret_count = c->verdicts[i]->count;
	return c->verdicts[i]->verdict;
}

uint64_t bpfd_hook_average_ns(const struct bpfd_hook *hook)
{
	const Bpfd__V1__Counters *c = hook ? reply_element(HookEntry, hook)->counters : NULL;

	return c && c->samples ? c->time_ns / c->samples : 0;
}
