/* SPDX-License-Identifier: Apache-2.0 */
/* Owns how a screen becomes a filter of libseccomp; what is in it is decided by its process. */
#include "sandbox/screen.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"

static void release(scmp_filter_ctx *ctx)
{
	seccomp_release(*ctx);
}

static int add_names(scmp_filter_ctx ctx, const char *const *names, uint32_t action)
{
	int r = 0;

	for (; *names && r == 0; names++) {
		int nr = seccomp_syscall_resolve_name(*names);

		/* Negative: not of this architecture, or younger than the library. */
		if (nr >= 0)
			r = seccomp_rule_add(ctx, action, nr, 0);
	}
	return r;
}

static int add_rule(scmp_filter_ctx ctx, const struct screen_rule *rule)
{
	int nr = seccomp_syscall_resolve_name(rule->name);

	if (nr < 0)
		return 0;
	return seccomp_rule_add(
		ctx, SCMP_ACT_ALLOW, nr, 1,
		SCMP_CMP64(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
}

int screen_install(const struct screen *screen, struct reason *why)
{
	_cleanup_(release) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx ? 0 : -ENOMEM;

	/* Since libseccomp 2.4 and 2.5; without them the filter is silent and slower. */
	if (r == 0) {
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		r = add_names(ctx, screen->allowed, SCMP_ACT_ALLOW);
	}
	for (size_t i = 0; r == 0 && i < screen->n_rules; i++)
		r = add_rule(ctx, &screen->rules[i]);
	if (r == 0)
		r = add_names(ctx, screen->deadly, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = add_names(ctx, screen->missing, SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0)
		r = seccomp_load(ctx);
	return r < 0 ? fail(why, r, "cannot filter system calls: %s", strerror(-r)) : 0;
}
