/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the names of the ways an XDP program runs. */
#include "hooks/xdp_mode.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "base/text.h"

static const char *const modes[] = {
	[XDP_MODE_AUTO] = "",		[XDP_MODE_NATIVE] = "native", [XDP_MODE_SKB] = "skb",
	[XDP_MODE_OFFLOAD] = "offload", [XDP_MODE_LIBXDP] = "libxdp", NULL,
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
	r = fail(why, -EINVAL, "no xdp mode \"%.64s\": one of native, skb, offload, libxdp", name);
	if (nearest)
		reason_hint(why, "did you mean \"%s\"", nearest);
	return r;
}

const char *xdp_mode_name(enum xdp_mode mode)
{
	return modes[mode];
}
