/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the members in libxdp's dispatchers after a restart: also what its tools took away comes
 * back. */
#include "daemon/reconcile/dispatchers.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/reason.h"
#include "daemon/observe/place.h"
#include "daemon/run/dispatcher.h"
#include "model/link.h"

bool dispatchers_has(const struct chain *chain)
{
	return chain->xdp_mode && strcmp(chain->xdp_mode, "libxdp") == 0;
}

void dispatchers_restore(struct context *ctx, const struct chain *chain)
{
	const struct link row = {.ifindex = chain->ifindex, .netns_ino = chain->netns_ino};
	_cleanup_(hook_done) struct hook hook = {0};
	_cleanup_(place_done) struct hook_place place = {.netns_fd = -1, .binary_fd = -1};
	_reason_ struct reason why = {0};
	int r = hook_parse(chain->hook, &hook, NULL);

	if (r == 0)
		r = observe_place_of_link(ctx, &row, &hook, &place, NULL);
	if (r == 0)
		r = hook_ops(HOOK_XDP)->resolve(&place, NULL);
	/* the interface is gone: whoever is next to change the chain finds that */
	if (r < 0 || (chain->ifindex && place.ifindex != chain->ifindex))
		return;
	r = dispatcher_restore(ctx, chain, &place, &why);
	if (r < 0)
		log_warning("recover: the programs of %s in libxdp's dispatcher: %s", chain->hook,
			    why.text);
}
