/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of modules' BTF for calls of their functions. */
#pragma once

struct chain_code;
struct reason;

#define MODULES_MAX 256 /* the kernel's MAX_KFUNC_BTFS */

/* What BPF_PROG_LOAD wants as fd_array; entry 0 is the kernel's own and not used. */
struct modules {
	int fds[1 + MODULES_MAX];
	const char *names[1 + MODULES_MAX];
	int n; /* 0: no call of a module */
};

void modules_done(struct modules *modules);

/* Open what the calls of @code need, and put the indexes into their .off. @ret borrows names of
 * @code. Return: 0, -E2BIG (too many modules), -ENOENT (a module is gone), -EOPNOTSUPP (its name is
 * not known), -errno. */
int modules_enter(struct modules *ret, struct chain_code *code, struct reason *why);
