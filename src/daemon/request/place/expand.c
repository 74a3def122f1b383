/* SPDX-License-Identifier: Apache-2.0 */
/* Owns which interfaces a hook with names and patterns means when it is applied. */
#include "daemon/request/place/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/observe/interfaces.h"
#include "daemon/observe/place.h"
#include "daemon/plan/build.h"
#include "daemon/request/apply.h"

/* Where the interfaces are. Return: descriptor; -1 with 0 in @ret_r: our own. */
static int open_netns(struct apply *a, const struct config_hook *hook, int *ret_r,
		      struct reason *why)
{
	_free_ char *text = config_hook_text(hook, "any");
	const char *at = text ? strchr(text, '@') : NULL;
	int fd;

	*ret_r = text ? 0 : fail(why, -ENOMEM, "out of memory");
	if (!at)
		return -1;
	fd = observe_netns(a->rq->ctx, a->rq->caller, at + 1, why);
	*ret_r = fd < 0 ? fd : 0;
	return fd;
}

struct expanding {
	expand_visit *visit;
	void *arg;
};

/* The hook with one interface in it; borrows the rest. */
static int visit_one(struct apply *a, const struct config_hook *hook, const char *name,
		     struct expanding *e, struct reason *why)
{
	const char *colon = strchr(hook->hook, ':');
	_text_ struct text t = {.data = NULL};
	struct config_hook one = *hook;

	text_add(&t, "%.*s:%s%s", (int)(colon - hook->hook), hook->hook, name, colon + 1);
	if (t.r < 0)
		return fail(why, t.r, "out of memory");
	one.hook = t.data;
	one.has_interfaces = false;
	return e->visit(a, &one, e->arg, why);
}

static int warn(struct apply *a, const struct config_hook *hook, struct reason *why)
{
	struct plan_words words = {
		.config = a->config.name,
		.verb = APPLY_WARNING,
		.object = hook->hook,
		.text = "no interface is there that its names and patterns mean",
	};

	return plan_add_note(&a->rq->plan, &words) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

int expand_hook(struct apply *a, const struct config_hook *hook, expand_visit *visit, void *arg,
		struct reason *why)
{
	_cleanup_(interfaces_done) struct interfaces found = {.default_ifindex = 0};
	struct expanding e = {visit, arg};
	_close_ int netns = -1;
	size_t n = 0;
	int r;

	if (!hook->has_interfaces)
		return visit(a, hook, arg, why);
	netns = open_netns(a, hook, &r, why);
	if (r == 0)
		r = observe_interfaces(netns, &found, why);
	for (size_t i = 0; r == 0 && i < found.devices.n; i++) {
		const char *name = found.devices.items[i].name;

		if (!target_interfaces_match(&hook->interfaces, name))
			continue;
		n++;
		r = visit_one(a, hook, name, &e, why);
	}
	return r == 0 && n == 0 ? warn(a, hook, why) : r;
}
