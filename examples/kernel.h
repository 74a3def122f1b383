/* SPDX-License-Identifier: Apache-2.0 */
/* Probing the kernel before anything else, as every example does; from uname(2), which needs no
 * privilege. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

/* Exit status of an example on a kernel that it does not support (EX_UNAVAILABLE of sysexits.h). */
#define KERNEL_UNSUPPORTED 69

/* Says on stderr what is missing, and why, when the running kernel is older than @major.@minor. */
static inline bool kernel_is_supported(unsigned int major, unsigned int minor, const char *why)
{
	struct utsname uts;
	unsigned int is_major = 0, is_minor = 0;

	if (uname(&uts) == 0 && sscanf(uts.release, "%u.%u", &is_major, &is_minor) == 2 &&
	    (is_major > major || (is_major == major && is_minor >= minor)))
		return true;
	fprintf(stderr, "this is Linux %s, and %s: Linux %u.%u or newer is needed\n", uts.release,
		why, major, minor);
	return false;
}
