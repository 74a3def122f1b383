/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces: doing something inside one. */
#pragma once

#include <stddef.h>

struct reason;

/**
 * netns_run() - call @fn on this thread inside a network namespace, and come back.
 * @netns_fd: -1, or the own one: @fn is just called.
 *
 * Ends the process when it cannot come back: going on in another's network would be worse.
 *
 * Return: what @fn returned, or -EPERM, -EINVAL (no network namespace) of setns(2).
 */
int netns_run(int netns_fd, int (*fn)(void *arg), void *arg, struct reason *why);

/* Open /run/netns/NAME, or an absolute path, with the caller's identity; -EINVAL: it is no network
 * namespace; -ENOENT names the nearest one there is. */
int netns_open(const char *name_or_path, struct reason *why);

/* Names in /run/netns; NULL at the end; free each and the array (netns_names_free()). */
int netns_names(char ***ret, struct reason *why);
void netns_names_free(char **names);
