/* SPDX-License-Identifier: Apache-2.0 */
/* Owns looking at an interface as libxdp's tools do. */
#include "daemon/observe/dispatcher.h"

#include "hooks/ops.h"
#include "kernel/netns.h"

struct asking {
	uint32_t ifindex;
	struct libxdp_state *ret;
	struct reason *why;
};

static int ask(void *arg)
{
	const struct asking *asking = arg;

	return libxdp_read(asking->ifindex, asking->ret, asking->why);
}

int observe_dispatcher(const struct hook_place *place, struct libxdp_state *ret, struct reason *why)
{
	struct asking asking = {place->ifindex, ret, why};

	*ret = (struct libxdp_state){.kind = LIBXDP_NONE};
	return netns_run(place->netns_fd, ask, &asking, why);
}

bool dispatcher_has(const struct libxdp_state *state, uint32_t program_id)
{
	for (size_t i = 0; program_id && i < state->n; i++)
		if (state->programs[i].id == program_id)
			return true;
	return false;
}
