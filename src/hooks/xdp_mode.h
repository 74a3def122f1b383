/* SPDX-License-Identifier: Apache-2.0 */
/* Where an XDP program runs: in the driver, in the stack, on the card; or in libxdp's dispatcher,
 * wherever that runs. */
#pragma once

struct reason;

enum xdp_mode {
	XDP_MODE_AUTO,
	XDP_MODE_NATIVE,
	XDP_MODE_SKB,
	XDP_MODE_OFFLOAD,
	XDP_MODE_LIBXDP,
	_XDP_MODE_MAX
};

/* "native", "skb", "offload", "libxdp", "" for auto. Return: the mode or -EINVAL. */
int xdp_mode_parse(const char *name, struct reason *why);
const char *xdp_mode_name(enum xdp_mode mode);
