/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd-fetch needs to know of a registry: from the configuration, its files and the request.
 */
#pragma once

struct bytecode;
struct fetch_order;
struct image_wish;
struct reason;
struct settings;

/**
 * order_fill() - mirrors first, the registry itself last; certificates and credentials read now.
 * @ret: zeroed; freed by the caller also after a failure.
 *
 * Return: 0, -errno of a file that the configuration names (the text says which), -ENOMEM.
 */
int order_fill(const struct settings *settings, const struct bytecode *name,
	       const struct image_wish *wish, struct fetch_order *ret, struct reason *why);
