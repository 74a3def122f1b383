/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes in a dispatcher's only map, by which libxdp knows its programs. Numbers in host order.
 *	version 1 (libxdp to 1.2):   u8 n, pad, u32 actions[10], u32 priorities[10]
 *	version 2 (1.3 to 1.5):      u8 236, u8 2, u8 n, u8 frags, the same, u32 flags[10]
 *	version 3 (1.6):             as 2, u8 device-bound, pad
 * Source: struct xdp_dispatcher_config of xdp-tools in those releases.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SLOTS	10
#define CONFIG_VERSION	2
#define CONFIG_SIZE	124
#define CONFIG_SIZE_MAX 256
#define CONFIG_RETURNED (1u << 31) /* in every mask: what an empty slot returns */
#define CONFIG_FRAGS	(1u << 5)  /* BPF_F_XDP_HAS_FRAGS, in .flags */

/* @actions: without CONFIG_RETURNED. */
struct libxdp_config {
	uint32_t version;
	size_t n;
	bool has_frags;
	struct config_slot {
		uint32_t actions;
		uint32_t priority;
		uint32_t flags;
	} slots[CONFIG_SLOTS];
};

/* Write version 2. */
void config_encode(const struct libxdp_config *config, unsigned char ret[static CONFIG_SIZE]);

/* Return: 0, -EOPNOTSUPP (a version above 3; only ret->version is set), -EBADMSG (none of them). */
int config_decode(const void *data, size_t len, struct libxdp_config *ret);
