/* SPDX-License-Identifier: Apache-2.0 */
/* The last stage of planning: which chains the links of the plan change. */
#pragma once

struct hook;
struct link_list;
struct reason;
struct request;

/**
 * chains_finish() - add the chains that the plan's links and dropped links belong to, then its
 * steps.
 *
 * Return: 0, -E2BIG, -EBUSY (see plan_fill_chain()), -ENOMEM.
 */
int chains_finish(struct request *rq, struct reason *why);

/* Our programs on @hook in order of execution; on tcx with the tc chain of the same interface and
 * direction among them, as a row without id. */
int chains_on_hook(struct request *rq, const struct hook *hook, struct link_list *ret,
		   struct reason *why);
