/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the rules of attaching that need no kernel. */
#include "daemon/plan/attach.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "daemon/plan/chain.h"
#include "model/verdict.h"

/* The hook that the section names, when it names a whole one. */
static int hook_of_section(const struct program *program, char **ret, struct reason *why)
{
	_text_ struct text t = {0};

	if (hook_kind_info(program->kind)->shape & HOOK_ON_NETNS) {
		*ret = strdup(hook_kind_info(program->kind)->name);
		return *ret ? 0 : fail(why, -ENOMEM, "out of memory");
	}
	if (!program->target || !*program->target ||
	    hook_kind_info(program->kind)->shape & HOOK_ON_NETDEV) {
		fail(why, -EINVAL, "program %s: say where to attach it", program->name);
		reason_hint(why, "bpfctl attach %s %s:%s", program->name,
			    hook_kind_info(program->kind)->name, hook_kind_form(program->kind));
		return -EINVAL;
	}
	text_add(&t, "%s:%s", hook_kind_info(program->kind)->name, program->target);
	*ret = text_take(&t);
	return *ret ? 0 : fail(why, -ENOMEM, "out of memory");
}

static int set_netns(const struct attach_wish *wish, struct hook *hook, struct reason *why)
{
	if (!wish->netns || !*wish->netns)
		return 0;
	if (!(hook_kind_info(hook->kind)->shape & (HOOK_ON_NETDEV | HOOK_ON_NETNS)))
		return fail(why, -EINVAL, "a %s hook has no network namespace",
			    hook_kind_info(hook->kind)->name);
	if (hook->netns && strcmp(hook->netns, wish->netns) != 0)
		return fail(why, -EINVAL, "two network namespaces: \"%s\" and \"%s\"", hook->netns,
			    wish->netns);
	if (wish->netns[0] != '/' && !text_is_name(wish->netns, 255))
		return fail(why, -EINVAL, "\"%s\" is no name of a network namespace", wish->netns);
	return text_set(&hook->netns, wish->netns) < 0 ? fail(why, -ENOMEM, "out of memory") : 0;
}

static int set_verdicts(const struct attach_wish *wish, const struct hook *hook, struct link *row,
			struct reason *why)
{
	enum verdict_family family = hook_kind_info(hook->kind)->verdicts;

	if (wish->n_proceed_on > 0 && family == VERDICT_NONE)
		return fail(why, -EINVAL, "a %s hook has no verdicts: proceed-on does not apply",
			    hook_kind_info(hook->kind)->name);
	row->proceed_on = wish->n_proceed_on ? 0 : verdict_default_set(family);
	for (size_t i = 0; i < wish->n_proceed_on; i++) {
		int r = verdict_parse(family, wish->proceed_on[i], &row->proceed_on, why);

		if (r < 0)
			return r;
	}
	return 0;
}

/* "skb,call": where xdp runs, and how the chain has it. */
static int take_word(const char *word, const struct hook *hook, struct link *row,
		     struct reason *why)
{
	int r;

	if (strcmp(word, "call") == 0) {
		if (!plan_is_chained(hook->kind))
			return fail(why, -EINVAL, "a %s hook has no mode",
				    hook_kind_info(hook->kind)->name);
		row->is_called = true;
		return 0;
	}
	if (hook->kind != HOOK_XDP)
		return fail(why, -EINVAL, "a %s hook has no mode \"%.32s\"",
			    hook_kind_info(hook->kind)->name, word);
	r = xdp_mode_parse(word, why);
	if (r < 0)
		return r;
	if (row->mode)
		return fail(why, -EINVAL, "two modes: \"%s\" and \"%s\"", row->mode, word);
	return text_set(&row->mode, xdp_mode_name((enum xdp_mode)r)) < 0
		       ? fail(why, -ENOMEM, "out of memory")
		       : 0;
}

static int set_mode(const struct attach_wish *wish, const struct hook *hook, struct link *row,
		    struct reason *why)
{
	_free_ char *words = strdup(wish->mode ? wish->mode : "");
	char *save = NULL;
	int r = words ? 0 : fail(why, -ENOMEM, "out of memory");

	for (char *word = words ? strtok_r(words, ",", &save) : NULL; word && r == 0;
	     word = strtok_r(NULL, ",", &save))
		r = take_word(word, hook, row, why);
	if (r == 0 && !row->mode && hook->kind == HOOK_XDP && text_set(&row->mode, "") < 0)
		return fail(why, -ENOMEM, "out of memory");
	return r;
}

int attach_wish_parse(const struct attach_wish *wish, const struct program *program,
		      struct hook *ret, struct link *row, struct reason *why)
{
	_free_ char *from_section = NULL;
	const char *text = wish->hook;
	_cleanup_(hook_done) struct hook hook = {0};
	int r = 0;

	if (!text || !*text) {
		r = hook_of_section(program, &from_section, why);
		text = from_section;
	}
	if (r < 0 || (r = hook_parse(text, &hook, why)) < 0)
		return r;
	if (!hook_kind_fits(program->kind, hook.kind))
		return fail(why, -EINVAL, "program %s is of type %s and does not fit %s",
			    program->name, hook_kind_info(program->kind)->name, text);
	row->kind = hook.kind;
	row->is_counted = wish->is_counted;
	if (row->is_counted && !plan_is_chained(hook.kind))
		return fail(why, -EINVAL,
			    "statistics are for xdp, tc and flow_dissector: a %s hook has none",
			    hook_kind_info(hook.kind)->name);
	row->priority = wish->has_priority ? wish->priority : HOOK_PRIORITY_DEFAULT;
	if (row->priority > HOOK_PRIORITY_MAX)
		return fail(why, -EINVAL, "priority %u: it must be 0 to %d", row->priority,
			    HOOK_PRIORITY_MAX);
	if ((r = set_netns(wish, &hook, why)) < 0 ||
	    (r = set_verdicts(wish, &hook, row, why)) < 0 ||
	    (r = set_mode(wish, &hook, row, why)) < 0)
		return r;
	row->hook = hook_format(&hook);
	if (!row->hook)
		return fail(why, -ENOMEM, "out of memory");
	*ret = hook;
	hook = (struct hook){0};
	return 0;
}

int plan_check_place(const struct plan_link *link, const struct link_list *on_hook,
		     struct reason *why)
{
	for (size_t i = 0; i < on_hook->n; i++) {
		const struct link *other = &on_hook->items[i];

		if (!link->is_new_program && strcmp(other->program, link->row.program) == 0)
			return fail(why, -EEXIST, "program %s is on %s already (link %u)",
				    other->program_name, other->hook, other->id);
	}
	return 0;
}

void plan_place_among(const struct link_list *on_hook, struct plan_link *link)
{
	for (size_t i = 0; i < on_hook->n; i++) {
		const struct link *other = &on_hook->items[i];

		if (other->priority <= link->row.priority) {
			link->options.after_program_id = other->program_id;
		} else {
			link->options.before_program_id = other->program_id;
			break;
		}
	}
	link->options.priority = link->row.priority;
}
