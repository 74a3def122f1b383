/* SPDX-License-Identifier: Apache-2.0 */
/* ListInterfaces: what an agent cannot see from its own network namespace. */
#include <errno.h>
#include <net/if.h>

#include "base/fd.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/observe/interfaces.h"
#include "daemon/observe/place.h"
#include "daemon/reply/reply.h"
#include "daemon/request/handlers.h"
#include "daemon/request/request.h"

static Bpfd__V1__Interface *one_interface(struct request *rq, const struct interfaces *found,
					  const struct netdev *dev)
{
	Bpfd__V1__Interface *m = request_message(rq, &bpfd__v1__interface__descriptor);

	if (!m)
		return NULL;
	m->name = request_string(rq, dev->name);
	m->index = dev->ifindex;
	m->is_up = dev->flags & IFF_UP;
	m->is_loopback = dev->flags & IFF_LOOPBACK;
	m->is_default_route = dev->ifindex == found->default_ifindex;
	m->addresses = reply_array(rq, found->addresses.n);
	for (size_t i = 0; m->addresses && i < found->addresses.n; i++)
		if (found->addresses.items[i].ifindex == dev->ifindex)
			m->addresses[m->n_addresses++] =
				request_string(rq, found->addresses.items[i].text);
	return m;
}

int interfaces_list_reply(struct request *rq, struct reason *why)
{
	const Bpfd__V1__ListInterfacesRequest *in = (const Bpfd__V1__ListInterfacesRequest *)rq->in;
	Bpfd__V1__ListInterfacesResponse *out =
		request_message(rq, &bpfd__v1__list_interfaces_response__descriptor);
	_cleanup_(interfaces_done) struct interfaces found = {.default_ifindex = 0};
	_close_ int netns = -1;
	int r;

	if (*in->netns) {
		netns = observe_netns(rq->ctx, rq->caller, in->netns, why);
		if (netns < 0)
			return netns;
	}
	r = observe_interfaces(netns, &found, why);
	if (r < 0)
		return r;
	if (out)
		out->interfaces = reply_array(rq, found.devices.n);
	if (!out || !out->interfaces)
		return fail(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < found.devices.n; i++) {
		Bpfd__V1__Interface *m = one_interface(rq, &found, &found.devices.items[i]);

		if (m)
			out->interfaces[out->n_interfaces++] = m;
	}
	rq->out = &out->base;
	return request_finish(rq, why);
}
