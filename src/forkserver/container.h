/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what is in a container, by a child that may look into processes. */
#pragma once

struct forkserver;
struct reason;

/**
 * job_container_netns(), job_container_file() - src/kernel/container, in a child of its own.
 * @id: of the container. @path: absolute, beneath its root.
 *
 * Not as a client: who asks must have the right to before.
 *
 * Return: descriptor, or as container_open_netns() and container_open_file().
 */
int job_container_netns(struct forkserver *fs, const char *id, struct reason *why);
int job_container_file(struct forkserver *fs, const char *id, const char *path, struct reason *why);
