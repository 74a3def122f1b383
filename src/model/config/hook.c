/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the hooks of a config: memory, text and what can be checked of one without a kernel. */
#include "model/config/hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "model/verdict.h"

void config_hook_done(struct config_hook *hook)
{
	free(hook->hook);
	for (size_t i = 0; i < hook->n_proceed_on; i++)
		free(hook->proceed_on[i]);
	free(hook->proceed_on);
	free(hook->mode);
	free(hook->netns);
	target_interfaces_done(&hook->interfaces);
	target_pods_done(&hook->pods);
	target_containers_done(&hook->containers);
	free(hook->container);
}

static int copy_texts(const struct config_hook *from, struct config_hook *ret)
{
	struct strings verdicts = {.items = from->proceed_on, .n = from->n_proceed_on};
	struct strings copy = {.n = 0};
	int r = strings_copy(&verdicts, &copy);

	ret->proceed_on = copy.items;
	ret->n_proceed_on = copy.n;
	if (r == 0)
		r = text_set(&ret->hook, from->hook);
	if (r == 0)
		r = text_set(&ret->mode, from->mode);
	if (r == 0)
		r = text_set(&ret->netns, from->netns);
	return r < 0 ? r : text_set(&ret->container, from->container);
}

int config_hook_copy(const struct config_hook *from, struct config_hook *ret)
{
	int r = copy_texts(from, ret);

	ret->is_primary = from->is_primary;
	ret->has_priority = from->has_priority;
	ret->priority = from->priority;
	ret->stats = from->stats;
	ret->has_interfaces = from->has_interfaces;
	ret->has_pods = from->has_pods;
	ret->has_containers = from->has_containers;
	if (r == 0)
		r = target_interfaces_copy(&from->interfaces, &ret->interfaces);
	if (r == 0)
		r = target_pods_copy(&from->pods, &ret->pods);
	return r < 0 ? r : target_containers_copy(&from->containers, &ret->containers);
}

bool config_hook_lacks_interface(const struct config_hook *hook)
{
	return hook->is_primary || hook->has_interfaces || hook->has_pods;
}

char *config_hook_text(const struct config_hook *hook, const char *ifname)
{
	const char *colon = strchr(hook->hook, ':');
	const char *id = hook->container ? target_container_id(hook->container) : NULL;
	_text_ struct text t = {.data = NULL};

	if (config_hook_lacks_interface(hook) && colon)
		text_add(&t, "%.*s:%s%s", (int)(colon - hook->hook), hook->hook, ifname, colon + 1);
	else
		text_add(&t, "%s", hook->hook);
	if (id)
		text_add(&t, "@" HOOK_CONTAINER_PREFIX "%s", id);
	else if (hook->netns)
		text_add(&t, "@%s", hook->netns);
	return text_take(&t);
}

/* ':' is followed by the end, a direction or a netns: the interface is to be put in there. */
static int check_open(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	const char *colon = strchr(hook->hook, ':');

	if (hook->is_primary + hook->has_interfaces + hook->has_pods > 1)
		return fail(why, -EINVAL,
			    "hook \"%.256s\": one of primaryNodeInterface, interfaces and pods",
			    hook->hook);
	/* The one of a namespace has none to leave out. */
	if (hook->has_pods && hook_kind_info(kind)->shape & HOOK_ON_NETNS)
		return 0;
	if (!(hook_kind_info(kind)->shape & HOOK_ON_NETDEV))
		return fail(why, -EINVAL, "hook \"%.256s\" is not on an interface", hook->hook);
	if (colon && (!colon[1] || colon[1] == '/' || colon[1] == '@'))
		return 0;
	return fail(why, -EINVAL,
		    "hook \"%.256s\" on %s: leave the interface out, as \"xdp:\" or "
		    "\"tc:/ingress\"",
		    hook->hook,
		    hook->is_primary	   ? "the primary interface"
		    : hook->has_interfaces ? "several interfaces"
					   : "pods");
}

static int check_mode(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	static const char *const modes[] = {"native", "skb", "offload", "libxdp"};
	bool is_chained = hook_kind_info(kind)->shape & HOOK_IS_CHAINED;
	const char *mode = hook->mode;
	size_t n = mode ? strlen(mode) : 0;

	if (hook->stats && !is_chained)
		return fail(why, -EINVAL,
			    "hook \"%.256s\": only xdp, tc and flow_dissector have statistics",
			    hook->hook);
	if (!mode || (is_chained && strcmp(mode, "call") == 0))
		return 0;
	if (kind != HOOK_XDP)
		return fail(why, -EINVAL,
			    "hook \"%.256s\": only xdp has modes; tc and flow_dissector \"call\"",
			    hook->hook);
	if (n > 5 && strcmp(mode + n - 5, ",call") == 0)
		n -= 5;
	for (size_t i = 0; i < array_size(modes); i++)
		if (strlen(modes[i]) == n && strncmp(mode, modes[i], n) == 0)
			return 0;
	return fail(
		why, -EINVAL,
		"hook \"%.256s\": mode is one of native, skb, offload, libxdp, and \",call\" may "
		"follow",
		hook->hook);
}

static int check_proceed_on(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	enum verdict_family family = hook_kind_info(kind)->verdicts;
	uint32_t set = 0;
	int r = 0;

	if (hook->n_proceed_on > CONFIG_VERDICTS_MAX)
		return fail(why, -E2BIG, "hook \"%.256s\": more than %d verdicts", hook->hook,
			    CONFIG_VERDICTS_MAX);
	if (hook->n_proceed_on > 0 && family == VERDICT_NONE)
		return fail(why, -EINVAL, "hook \"%.256s\": programs there always proceed",
			    hook->hook);
	for (size_t i = 0; i < hook->n_proceed_on && r == 0; i++)
		r = verdict_parse(family, hook->proceed_on[i], &set, why);
	return r < 0 ? r : 0;
}

static int check_netns(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	if (!hook->netns)
		return 0;
	if (!(hook_kind_info(kind)->shape & (HOOK_ON_NETDEV | HOOK_ON_NETNS)))
		return fail(why, -EINVAL, "hook \"%.256s\" has no network namespace", hook->hook);
	if (strchr(hook->hook, '@'))
		return fail(why, -EINVAL, "hook \"%.256s\": its network namespace is given twice",
			    hook->hook);
	return 0;
}

/* What a container has: a network namespace and files. */
static int check_inside(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	unsigned int shape = hook_kind_info(kind)->shape;
	int n = !!hook->container + hook->has_pods + hook->has_containers;

	if (n == 0)
		return 0;
	if (n > 1 || hook->netns || (!(shape & HOOK_HAS_SYMBOL) && strchr(hook->hook, '@')) ||
	    (hook->is_primary && hook->container))
		return fail(why, -EINVAL,
			    "hook \"%.256s\": one of netns, container, pods, containers and "
			    "primaryNodeInterface",
			    hook->hook);
	if (hook->has_containers && !(shape & HOOK_HAS_SYMBOL))
		return fail(
			why, -EINVAL,
			"hook \"%.256s\": containers is for uprobes; write pods, which have the "
			"network namespaces",
			hook->hook);
	if (shape & (HOOK_HAS_SYMBOL | HOOK_ON_NETDEV | HOOK_ON_NETNS))
		return 0;
	return fail(why, -EINVAL, "hook \"%.256s\" is of the whole host, not of a container",
		    hook->hook);
}

static int check_targets(const struct config_hook *hook, struct reason *why)
{
	int r = 0;

	if (hook->container && !target_container_id(hook->container))
		return fail(why, -EINVAL, "hook \"%.256s\": \"%.64s\" is not the id of a container",
			    hook->hook, hook->container);
	if (hook->has_interfaces)
		r = target_interfaces_check(&hook->interfaces, why);
	if (r == 0 && hook->has_pods)
		r = target_pods_check(&hook->pods, why);
	if (r == 0 && hook->has_containers)
		r = target_containers_check(&hook->containers, why);
	if (r < 0 && r != -ENOMEM)
		reason_prefix(why, "hook \"%.256s\"", hook->hook);
	return r;
}

/* What a kind may have. */
static int check_fit(const struct config_hook *hook, enum hook_kind kind, struct reason *why)
{
	int r = 0;

	if (config_hook_lacks_interface(hook))
		r = check_open(hook, kind, why);
	if (r == 0)
		r = check_netns(hook, kind, why);
	if (r == 0)
		r = check_inside(hook, kind, why);
	if (r == 0)
		r = check_mode(hook, kind, why);
	if (r == 0)
		r = check_proceed_on(hook, kind, why);
	if (r == 0 && hook->has_priority && hook->priority > HOOK_PRIORITY_MAX)
		return fail(why, -EINVAL, "priority %u: it goes from 0 to %d", hook->priority,
			    HOOK_PRIORITY_MAX);
	return r;
}

/* The kind alone, for what is said before the text is whole. */
static enum hook_kind kind_of(const char *text)
{
	_free_ char *name = strndup(text, strcspn(text, ":@"));

	return name ? hook_kind_parse(name) : HOOK_KIND_UNKNOWN;
}

int config_hook_check_kind(const struct config_hook *hook, enum hook_kind *ret, struct reason *why)
{
	_cleanup_(hook_done) struct hook parsed = {.target = NULL};
	_free_ char *text = NULL;
	enum hook_kind kind;
	int r;

	if (!hook->hook || !text_is_clean(hook->hook, HOOK_TEXT_MAX))
		return fail(why, -EINVAL, "a hook has no text, or one with control characters");
	if (hook->netns && !text_is_clean(hook->netns, HOOK_TEXT_MAX))
		return fail(why, -EINVAL, "hook \"%.256s\": netns is no text", hook->hook);
	r = check_targets(hook, why);
	if (r < 0)
		return r;
	/* Before the text is looked at as a whole: those have words of their own. */
	kind = kind_of(hook->hook);
	if (kind != HOOK_KIND_UNKNOWN && (r = check_fit(hook, kind, why)) < 0)
		return r;
	text = config_hook_text(hook, "primary");
	if (!text)
		return fail(why, -ENOMEM, "out of memory");
	r = hook_parse(text, &parsed, why);
	if (r < 0)
		return r;
	*ret = parsed.kind;
	return 0;
}

int config_hook_check(const struct config_hook *hook, struct reason *why)
{
	enum hook_kind kind;

	return config_hook_check_kind(hook, &kind, why);
}
