/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the table of methods by kind, and the names of the XDP modes. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"
#include "hooks/kinds.h"

static const struct hook_ops *const table[_HOOK_KIND_MAX] = {
#define HOOK_KIND(suffix, text, type, attach, shape, family, ops) [HOOK_##suffix] = &ops,
#include "model/hook_kinds.def"
#undef HOOK_KIND
};

const struct hook_ops *hook_ops(enum hook_kind kind)
{
	return table[kind];
}

static const char *const modes[] = {
	[XDP_MODE_AUTO] = "",
	[XDP_MODE_NATIVE] = "native",
	[XDP_MODE_SKB] = "skb",
	[XDP_MODE_OFFLOAD] = "offload",
	NULL,
};
_Static_assert(array_size(modes) == _XDP_MODE_MAX + 1, "a name for each mode");

int xdp_mode_parse(const char *name, struct reason *why)
{
	const char *nearest;
	int r;

	for (int mode = 0; mode < _XDP_MODE_MAX; mode++)
		if (strcmp(name, modes[mode]) == 0)
			return mode;
	nearest = text_nearest(name, modes + 1);
	r = fail(why, -EINVAL, "no xdp mode \"%.64s\": one of native, skb, offload", name);
	if (nearest)
		reason_hint(why, "did you mean \"%s\"", nearest);
	return r;
}

const char *xdp_mode_name(enum xdp_mode mode)
{
	return modes[mode];
}
