/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on purpose, for tests: only in builds with -Dfault-points=true; otherwise it is nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct reason;

enum fault_what { FAULT_NONE, FAULT_FAIL, FAULT_KILL_BEFORE, FAULT_KILL_AFTER };

struct fault {
	enum fault_what what;
	size_t step;
};

/* Read "fail N", "kill-before N" or "kill-after N" from the file that BPFD_FAULT names; anything
 * else is no fault. */
struct fault fault_read(void);

/* -EIO when step @i shall fail (never a purge); does not return when the daemon shall die here. */
int fault_before(const struct fault *fault, size_t i, bool is_purge, struct reason *why);
int fault_after(const struct fault *fault, size_t i);
