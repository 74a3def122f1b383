/* SPDX-License-Identifier: Apache-2.0 */
/* A system call filter for a process that runs code of others' libraries: what is not expected is
 * refused, only what is an attack ends the process. sandbox.h has the strict kind. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct reason;

/* Allow @name when argument number @argument, masked by @mask, is @value. Several rules for one
 * call: one of them has to fit. An int argument needs SCREEN_INT: its upper half is undefined. */
struct screen_rule {
	const char *name;
	unsigned int argument;
	uint64_t mask;
	uint64_t value;
};
#define SCREEN_INT 0xffffffffu

/* Lists of names end with NULL; names that this libseccomp does not know are left out. All other
 * calls fail with EPERM, and the kernel's audit log says so. */
struct screen {
	const char *const *allowed;
	const char *const *deadly;  /* end the process (SIGSYS) */
	const char *const *missing; /* fail with ENOSYS, so that libc takes an older call */
	const struct screen_rule *rules;
	size_t n_rules;
};

/* For this thread and all that it starts from now on; sets no_new_privs. Return: 0 or -errno. */
int screen_install(const struct screen *screen, struct reason *why);
