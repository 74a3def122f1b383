/* SPDX-License-Identifier: Apache-2.0 */
/* The listening sockets: from systemd, or made here. */
#pragma once

struct keeper;
struct paths;
struct reason;
struct settings;

/* @api, @agent: SOCK_STREAM; @maps: SOCK_SEQPACKET. @agent: -1 without Kubernetes. */
struct sockets {
	int api;
	int maps;
	int agent;
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

/**
 * sockets_open_agent() - the socket of the agent of Kubernetes, when the settings have one.
 *
 * Its directory is made (0750) and the socket (0660) is for the group of the settings. Sets
 * .agent. Return: 0, -EADDRINUSE, -ENAMETOOLONG, -errno.
 */
int sockets_open_agent(const struct paths *paths, const struct settings *settings,
		       struct sockets *sockets, struct reason *why);
