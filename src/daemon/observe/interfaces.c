/* SPDX-License-Identifier: Apache-2.0 */
/* Owns what is asked inside the namespace, all at once. */
#include "daemon/observe/interfaces.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/reason.h"
#include "kernel/netns.h"

void interfaces_done(struct interfaces *interfaces)
{
	netdev_list_done(&interfaces->devices);
	address_list_done(&interfaces->addresses);
}

struct asking {
	struct interfaces found;
	struct reason *why;
};

static int ask_inside(void *arg)
{
	struct asking *asking = arg;
	struct netdev primary;
	int r = netdev_list(&asking->found.devices, asking->why);

	if (r == 0)
		r = address_list(&asking->found.addresses, asking->why);
	if (r == 0 && netdev_of_default_route(&primary, NULL) == 0)
		asking->found.default_ifindex = primary.ifindex;
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct netdev *)a)->name, ((const struct netdev *)b)->name);
}

int observe_interfaces(int netns_fd, struct interfaces *ret, struct reason *why)
{
	struct asking asking = {.why = why};
	int r = netns_run(netns_fd, ask_inside, &asking, why);

	if (r < 0) {
		interfaces_done(&asking.found);
		return r;
	}
	if (asking.found.devices.n > 1)
		qsort(asking.found.devices.items, asking.found.devices.n, sizeof(struct netdev),
		      compare);
	*ret = asking.found;
	return 0;
}
