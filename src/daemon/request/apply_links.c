/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the links of a config: which stay, which are pointed at a new program, which come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "base/text.h"
#include "daemon/context.h"
#include "daemon/observe/place.h"
#include "daemon/plan/attach.h"
#include "daemon/plan/build.h"
#include "daemon/plan/diff.h"
#include "daemon/request/apply.h"
#include "daemon/request/chains.h"
#include "daemon/request/drop.h"
#include "daemon/request/place/expand.h"
#include "kernel/netdev.h"

static int hook_text(const struct config_hook *h, char **ret, struct reason *why)
{
	struct netdev dev = {0};
	int r = h->is_primary ? netdev_of_default_route(&dev, why) : 0;

	if (r < 0)
		return r;
	*ret = config_hook_text(h, dev.name);
	return *ret ? 0 : fail(why, -ENOMEM, "out of memory");
}

static const struct program *row_of(const struct apply *a, const struct wanted *w)
{
	return w->running ? w->running : &a->rq->plan.loads[w->load].programs[w->program];
}

static int parse(struct apply *a, const struct wanted *w, const struct config_hook *h,
		 struct plan_link *l, struct reason *why)
{
	_free_ char *text = NULL;
	struct attach_wish wish = {.has_priority = h->has_priority,
				   .priority = h->priority,
				   .proceed_on = (const char *const *)h->proceed_on,
				   .n_proceed_on = h->n_proceed_on,
				   .mode = h->mode,
				   .is_counted = h->stats};
	int r = hook_text(h, &text, why);

	wish.hook = text;
	if (r == 0)
		r = attach_wish_parse(&wish, row_of(a, w), &l->hook, &l->row, why);
	if (r == 0)
		r = observe_place(a->rq->ctx, a->rq->caller, &l->hook, &l->place, why);
	l->row.netns_ino = l->place.netns_ino;
	return r;
}

static int fill(struct apply *a, const struct wanted *w, struct plan_link *l)
{
	const struct program *p = row_of(a, w);

	l->is_new_program = !w->running;
	l->load = w->load;
	l->program = w->program;
	memcpy(l->row.program, p->uuid, UUID_TEXT_SIZE);
	memcpy(l->pin_load, p->load, UUID_TEXT_SIZE);
	l->pin_index = p->index;
	l->row.program_id = p->id;
	l->row.owner_uid = a->config.owner;
	l->row.attached_at = a->rq->now;
	if (text_set(&l->row.program_name, p->name) < 0 ||
	    text_set(&l->row.config, a->config.name) < 0)
		return -ENOMEM;
	return labels_copy(&a->config.labels, &l->row.labels);
}

/* The running link becomes the row; what is wanted of it is put in. */
static int make_replace(struct apply *a, const struct link *running, struct plan_link *l,
			struct reason *why)
{
	const struct program *old = diff_find_program(&a->programs, running->program_name);

	if (!old)
		return fail(why, -ENOENT, "link %u has no program", running->id);
	l->is_replace = true;
	memcpy(l->old_program, old->uuid, UUID_TEXT_SIZE);
	memcpy(l->old_pin_load, old->load, UUID_TEXT_SIZE);
	l->old_pin_index = old->index;
	l->row.id = running->id;
	l->row.kernel_id = running->kernel_id;
	l->row.ifindex = running->ifindex;
	l->row.slot = running->slot;
	return 0;
}

static void leave_out(struct link_list *list, uint32_t id)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->items[i].id == id)
			link_done(&list->items[i]);
		else
			list->items[n++] = list->items[i];
	}
	list->n = n;
}

/* @running: of the same name on the same hook, NULL: none. On tcx it moves to its new place. */
static int make_new(struct apply *a, const struct link *running, struct plan_link *l,
		    struct reason *why)
{
	_cleanup_(link_list_done) struct link_list on_hook = {0};
	int r = chains_on_hook(a->rq, &l->hook, &on_hook, why);

	if (r == 0 && running && !l->is_new_program && running->kind == HOOK_TCX &&
	    strcmp(running->program, l->row.program) == 0) {
		l->moved_from = running->id;
		leave_out(&on_hook, running->id);
	}
	if (r == 0)
		r = plan_check_place(l, &on_hook, why);
	if (r == 0)
		plan_place_among(&on_hook, l);
	return r;
}

static void keep(struct apply *a, const struct link *running)
{
	a->is_kept[running - a->links.items] = true;
}

/* The last element of the plan's links is taken back: nothing is to be done for it. */
static void pop_link(struct plan *plan)
{
	struct plan_link *l = &plan->links[plan->n_links - 1];

	link_done(&l->row);
	hook_done(&l->hook);
	place_done(&l->place);
	plan->n_links--;
}

static int want(struct apply *a, const struct config_hook *h, void *arg, struct reason *why)
{
	const struct wanted *w = arg;
	struct plan_link *l = plan_add_link(&a->rq->plan);
	const struct link *running;
	int r = l ? parse(a, w, h, l, why) : fail(why, -ENOMEM, "out of memory");

	if (r < 0)
		return r;
	running = diff_find_link(&a->links, w->name, l->row.hook);
	if (running && w->running && diff_same_link(&l->row, running)) {
		keep(a, running);
		pop_link(&a->rq->plan);
		return 0;
	}
	if (fill(a, w, l) < 0)
		return fail(why, -ENOMEM, "out of memory");
	if (running && diff_can_replace(&l->row, running)) {
		keep(a, running);
		r = make_replace(a, running, l, why);
		return r < 0 ? r : apply_note(a, "replace", l->row.hook, w->name);
	}
	r = make_new(a, running, l, why);
	if (r == -EEXIST && running)
		reason_hint(
			why,
			"what a link of this kind has cannot change while the same program stays on"
			" it: bpfctl delete config %s, then apply it again",
			a->config.name);
	return r < 0 ? r : apply_note(a, "attach", l->row.hook, w->name);
}

int apply_links(struct apply *a, struct reason *why)
{
	int r = 0;

	a->is_kept = calloc(a->links.n + 1, sizeof(bool));
	if (!a->is_kept)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < a->config.n_programs && a->is_selected && r == 0; i++)
		for (size_t j = 0; j < a->config.programs[i].n_hooks && r == 0; j++)
			r = expand_hook(a, &a->config.programs[i].hooks[j], want, &a->wanted[i],
					why);
	for (size_t i = 0; i < a->links.n && r == 0; i++) {
		struct link *l = &a->links.items[i];

		if (a->is_kept[i])
			continue;
		r = apply_note(a, "detach", l->hook, l->program_name);
		if (r == 0)
			r = drop_link(a->rq, l, why);
	}
	return r;
}
