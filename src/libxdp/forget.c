/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the end of pins whose dispatcher was taken away. */
#include <errno.h>

#include "base/reason.h"
#include "kernel/netdev.h"
#include "libxdp/libxdp.h"
#include "libxdp/pins.h"

int libxdp_forget(uint32_t ifindex, uint32_t dispatcher_id, struct reason *why)
{
	_pins_ struct pins pins = {.fd = -1};
	const struct pins_place place = {&pins, ifindex, dispatcher_id};
	struct netdev dev;
	int r = pins_open(false, &pins, why);

	if (r == -ENOENT)
		reason_done(why);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (netdev_get(ifindex, &dev, NULL) == 0 && dev.xdp_program_id == dispatcher_id)
		return fail(why, -EBUSY, "interface %s runs dispatcher %u", dev.name,
			    dispatcher_id);
	return pins_remove(&place, why);
}
