/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the daemon's side of verification: it believes a verdict only of bpfd-fetch, and only about
 * digests that it computed itself or that the bytes were found by. */
#include "daemon/images/trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "fetch/rule.h"
#include "forkserver/fetch.h"
#include "manifest/settings.h"

void trust_demand_done(struct trust_demand *demand)
{
	free(demand->rule.data);
	*demand = (struct trust_demand){0};
}

int trust_demand_find(struct context *ctx, const char *name, struct trust_demand *ret,
		      struct reason *why)
{
	_rule_ struct trust_rule rule = {0};
	_text_ struct text w = {0};
	int r = rule_find(ctx->settings->policy_file, name, &rule, why);

	if (r <= 0)
		return r;
	trust_rule_encode(&rule, &w);
	if (w.r < 0)
		return fail(why, w.r, "out of memory");
	digest_text(w.data, w.len, ret->id);
	ret->rule.len = w.len;
	ret->rule.data = text_take(&w);
	return 0;
}

static int copy(struct fetch_file *to, const void *data, size_t len)
{
	to->data = calloc(1, len + 1);
	if (!to->data)
		return -ENOMEM;
	memcpy(to->data, data, len);
	to->len = len;
	return 0;
}

static int fill(const struct trust_case *c, struct fetch_order *order)
{
	int r = text_set(&order->reference, c->name);

	order->is_verdict = true;
	if (r == 0)
		r = copy(&order->rule, c->demand->rule.data, c->demand->rule.len);
	if (r == 0)
		r = copy(&order->evidence, c->evidence->data, c->evidence->len);
	for (size_t i = 0; i < FETCH_DIGESTS_MAX && c->digests[i] && r == 0; i++)
		r = text_set(&order->digests[order->n_digests++], c->digests[i]);
	return r;
}

int trust_verdict(struct context *ctx, const struct trust_case *trust_case, char **ret_by,
		  struct reason *why)
{
	_cleanup_(fetch_order_done) struct fetch_order order = {0};
	_cleanup_(fetched_image_done) struct fetched_image f;
	int r;

	fetched_image_init(&f);
	if (fill(trust_case, &order) < 0)
		return fail(why, -ENOMEM, "out of memory");
	r = job_fetch(ctx->forkserver, &order, &(struct fetch_files){trust_case->file, -1}, &f,
		      why);
	if (r < 0)
		return r;
	if (!f.answer.is_known || !f.answer.verified ||
	    strcmp(f.answer.digest, trust_case->digests[0]) != 0)
		return fail(why, -EBADMSG, "bpfd-fetch sent a verdict on something else");
	if (ret_by)
		*ret_by = take_ptr(f.answer.verified);
	return 0;
}
