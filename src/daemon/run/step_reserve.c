/* SPDX-License-Identifier: Apache-2.0 */
/* Rows before anything else, so that after a crash every pin has a row that explains it. */
#include <errno.h>
#include <string.h>

#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/plan/plan.h"
#include "daemon/run/run.h"
#include "daemon/store/chain.h"
#include "daemon/store/pending.h"
#include "daemon/store/store.h"

static bool is_dropped(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_drop_programs; i++)
		if (strcmp(plan->drop_programs[i].row.name, name) == 0)
			return true;
	return false;
}

static int put_program(struct run *run, const struct program *program, struct reason *why)
{
	struct store *store = run->ctx->store;
	int r = store_program_name_taken(store, program->name, why);

	if (r < 0)
		return r;
	if (r == 1 && !is_dropped(run->plan, program->name)) {
		fail(why, -EEXIST, "there is a program \"%s\" already", program->name);
		reason_hint(why, "choose another name, or: bpfctl unload %s", program->name);
		return -EEXIST;
	}
	return store_program_put(store, program, why);
}

static int put_chain(struct run *run, struct plan_chain *c, struct reason *why)
{
	if (c->after.id || c->n_members == 0)
		return 0;
	return store_chain_put(run->ctx->store, &c->after, why);
}

static int put_rows(struct run *run, struct reason *why)
{
	struct plan *plan = run->plan;
	int r = 0;

	for (size_t i = 0; i < plan->n_loads; i++)
		for (size_t j = 0; j < plan->loads[i].n_programs && r == 0; j++)
			r = put_program(run, &plan->loads[i].programs[j], why);
	for (size_t i = 0; i < plan->n_links && r == 0; i++) {
		struct plan_link *l = &plan->links[i];

		if (l->is_new_program)
			memcpy(l->row.program, plan->loads[l->load].programs[l->program].uuid,
			       UUID_TEXT_SIZE);
		if (!l->is_replace)
			r = store_link_put(run->ctx->store, &l->row, why);
	}
	for (size_t i = 0; i < plan->n_chains && r == 0; i++)
		r = put_chain(run, &run->plan->chains[i], why);
	return r;
}

static int reserve(struct run *run, size_t index, struct reason *why)
{
	int r = store_begin(run->ctx->store, why);

	(void)index;
	if (r < 0)
		return r;
	r = put_rows(run, why);
	if (r == 0)
		r = store_commit(run->ctx->store, why);
	if (r < 0)
		store_rollback(run->ctx->store);
	return r;
}

static void release(struct run *run, size_t index)
{
	(void)index;
	store_pending_delete(run->ctx->store, NULL);
}

const struct step_ops step_reserve = {"reserve", reserve, release};
