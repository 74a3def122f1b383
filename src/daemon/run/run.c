/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the loop; what a step does is in its own file. */
#include "daemon/run/run.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "daemon/plan/plan.h"
#include "daemon/run/fault.h"

static const struct step_ops *const table[] = {
	[STEP_RESERVE] = &step_reserve,
	[STEP_LOAD] = &step_load,
	[STEP_PIN] = &step_pin,
	[STEP_EXPORT] = &step_export,
	[STEP_ATTACH] = &step_attach,
	[STEP_REPLACE] = &step_replace,
	[STEP_CHAIN] = &step_chain,
	[STEP_ASIDE_LINK] = &step_aside_link,
	[STEP_ASIDE_PROGRAM] = &step_aside_program,
	[STEP_COMMIT] = &step_commit,
	[STEP_PURGE] = &step_purge,
};

_Static_assert(array_size(table) == _STEP_KIND_MAX, "one row a kind of step");

static int run_step(struct run *run, const struct fault *fault, size_t i, struct reason *why)
{
	const struct step *step = &run->plan->steps[i];
	int r;

	/* Purge belongs to what is committed already: nothing may stop it. */
	if (step->kind != STEP_PURGE && run->is_cancelled && run->is_cancelled(run->userdata))
		return fail(why, -ECANCELED, "nobody waits for the answer any more; undone");
	r = fault_before(fault, i, step->kind == STEP_PURGE, why);
	if (r < 0)
		return r;
	r = table[step->kind]->run(run, step->index, why);
	return r < 0 ? r : fault_after(fault, i);
}

int run_plan(struct run *run, struct reason *why)
{
	const struct plan *plan = run->plan;
	struct fault fault = fault_read();

	for (size_t i = 0; i < plan->n_steps; i++) {
		int r = run_step(run, &fault, i, why);

		if (r >= 0)
			continue;
		for (size_t j = i + 1; j-- > 0;)
			if (table[plan->steps[j].kind]->undo)
				table[plan->steps[j].kind]->undo(run, plan->steps[j].index);
		return r;
	}
	return 0;
}
