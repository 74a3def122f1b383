/* SPDX-License-Identifier: Apache-2.0 */
/* The listening sockets: from systemd, or made here. */
#pragma once

struct keeper;
struct paths;
struct reason;

/* @api: SOCK_STREAM; @maps: SOCK_SEQPACKET. */
struct sockets {
	int api;
	int maps;
};

/**
 * sockets_open() - take both sockets from systemd where it has them, else listen below the runtime
 * directory.
 * @keeper: gets the descriptors of links that systemd kept.
 *
 * Return: 0, -EADDRINUSE (another daemon answers there), -errno.
 */
int sockets_open(const struct paths *paths, struct keeper *keeper, struct sockets *ret,
		 struct reason *why);
