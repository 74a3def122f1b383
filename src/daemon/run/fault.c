/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the fault points of the tests; a build for users has none. */
#include "daemon/run/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reason.h"

#ifdef BPFD_FAULT_POINTS

struct fault fault_read(void)
{
	static const char *const names[] = {"", "fail", "kill-before", "kill-after"};
	struct fault fault = {FAULT_NONE, 0};
	const char *path = getenv("BPFD_FAULT");
	FILE *file = path ? fopen(path, "re") : NULL;
	char what[16];
	size_t step;

	if (!file)
		return fault;
	if (fscanf(file, "%15s %zu", what, &step) == 2)
		for (int i = FAULT_FAIL; i <= FAULT_KILL_AFTER; i++)
			if (strcmp(what, names[i]) == 0)
				fault = (struct fault){(enum fault_what)i, step};
	fclose(file);
	return fault;
}

int fault_before(const struct fault *fault, size_t i, bool is_purge, struct reason *why)
{
	if (i != fault->step)
		return 0;
	if (fault->what == FAULT_KILL_BEFORE)
		kill(getpid(), SIGKILL);
	if (fault->what == FAULT_FAIL && !is_purge)
		return fail(why, -EIO, "fault at step %zu, as the test asked", i);
	return 0;
}

int fault_after(const struct fault *fault, size_t i)
{
	if (fault->what == FAULT_KILL_AFTER && i == fault->step)
		kill(getpid(), SIGKILL);
	return 0;
}

#else

struct fault fault_read(void)
{
	return (struct fault){FAULT_NONE, 0};
}

int fault_before(const struct fault *fault, size_t i, bool is_purge, struct reason *why)
{
	(void)fault;
	(void)i;
	(void)is_purge;
	(void)why;
	return 0;
}

int fault_after(const struct fault *fault, size_t i)
{
	(void)fault;
	(void)i;
	return 0;
}

#endif
