/* SPDX-License-Identifier: Apache-2.0 */
/* Adding removals to the plan of a request. */
#pragma once

#include "daemon/request/request.h"

struct link;
struct program;
struct reason;

/* Takes the contents of @link over (it is empty afterwards). A netns that is gone is no obstacle.
 */
int drop_link(struct request *rq, struct link *link, struct reason *why);

/*
 * Takes the contents of @program over. Call it for every program of the plan that goes before
 * plan_finish(); the last one of its load takes maps and exports along.
 */
int drop_program(struct request *rq, struct program *program, struct reason *why);
