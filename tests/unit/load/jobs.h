/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of real jobs share: the fork server of the build, objects as sealed memory. */
#pragma once

#include <stddef.h>

#include "forkserver/client.h"

/* Starts $FORKSERVER; ends the test when that fails. */
struct forkserver *jobs_start(void);

/* An object of $FIXTURES as sealed memory; the caller closes it. */
int jobs_fixture(const char *name);

/* Every program of a description with the type of its hook; XDP when the section names none. */
size_t jobs_all_programs(const struct object *o,
			 struct load_program ret[static OBJECT_PROGRAMS_MAX]);

double jobs_now_ms(void);

/* Sorts @values. */
double jobs_median(double *values, size_t n);
