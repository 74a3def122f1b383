/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of one run alone, below $TMPDIR. */
#pragma once

#include "base/cleanup.h"

struct reason;

struct scratch {
	char path[64];
};

/* Return: 0 or -errno. */
int scratch_make(struct scratch *scratch, struct reason *why);

/* With everything in it. */
void scratch_done(struct scratch *scratch);
#define _scratch_ _cleanup_(scratch_done)
