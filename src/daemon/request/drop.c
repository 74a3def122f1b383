/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what goes along with a link or a program that is removed. */
#include "daemon/request/drop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/plan/build.h"
#include "daemon/store/store.h"

int drop_link(struct request *rq, struct link *link, struct reason *why)
{
	struct plan_drop_link *d = plan_add_drop_link(&rq->plan);

	if (!d)
		return fail(why, -ENOMEM, "out of memory");
	d->row = *link;
	*link = (struct link){0};
	return hook_parse(d->row.hook, &d->hook, why);
}

static size_t count_dropped(const struct request *rq, const char *load)
{
	size_t n = 0;

	for (size_t i = 0; i < rq->plan.n_drop_programs; i++)
		if (strcmp(rq->plan.drop_programs[i].row.load, load) == 0)
			n++;
	return n;
}

static int take_exports(struct request *rq, struct plan_drop_program *d, struct reason *why)
{
	struct map_list maps = {0};
	int r = store_map_list(rq->ctx->store, d->row.load, NULL, &maps, why);

	if (r < 0)
		return r;
	d->is_last = true;
	d->exports = maps.items;
	d->n_exports = maps.n;
	return 0;
}

int drop_program(struct request *rq, struct program *program, struct reason *why)
{
	_cleanup_(program_list_done) struct program_list siblings = {0};
	struct plan_drop_program *d = plan_add_drop_program(&rq->plan);
	int r;

	if (!d)
		return fail(why, -ENOMEM, "out of memory");
	d->row = *program;
	*program = (struct program){0};
	r = store_program_list(rq->ctx->store, NULL, d->row.load, &siblings, why);
	if (r < 0)
		return r;
	return count_dropped(rq, d->row.load) == siblings.n ? take_exports(rq, d, why) : 0;
}
