/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel can do, found by trying. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct reason;
struct text;

enum kernel_feature {
	KERNEL_CAP_BPF,		 /* 5.8: CAP_BPF and CAP_PERFMON exist */
	KERNEL_RINGBUF,		 /* 5.8 */
	KERNEL_XDP_LINK,	 /* 5.9 */
	KERNEL_PERF_LINK,	 /* 5.15: tracepoint and uprobe links can be pinned */
	KERNEL_UNPRIVILEGED_MAP, /* 5.19: map commands need no capability */
	KERNEL_TCX,		 /* 6.6 */
	_KERNEL_FEATURE_MAX
};

/**
 * struct kernel_features
 * @has:     by enum kernel_feature.
 * @release: uname -r; for messages only, never for decisions.
 */
struct kernel_features {
	bool has[_KERNEL_FEATURE_MAX];
	char release[65];
};

/* Try everything; about a millisecond. Needs CAP_BPF and CAP_PERFMON (-EPERM otherwise). Call it
 * once and keep the answer. */
int kernel_probe(struct kernel_features *ret, struct reason *why);

/* "tcx", "xdp-link", … and the first kernel that has it ("6.6"). */
const char *kernel_feature_name(enum kernel_feature feature);
const char *kernel_feature_since(enum kernel_feature feature);

/* Try one thing, for the text of an error. */
bool kernel_has(enum kernel_feature feature);

/* uname -r into @ret. */
void kernel_release(char ret[static 65]);

/* Wait for one grace period: afterwards nothing runs any more that was replaced before the call (4
 * to 20 ms). */
void kernel_grace(void);
