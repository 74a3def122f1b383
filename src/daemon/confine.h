/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd gives up before it serves: capabilities and system calls; docs/SECURITY.md says why the
 * rest is kept. */
#pragma once

#include <stdbool.h>

struct reason;

/**
 * confine() - keep what serving needs, for good.
 *
 * Comes after everything that needs more: the file systems are mounted, the sockets bound, the fork
 * server and the keeper run. Comes before the first thread. A capability that is not there is a
 * warning that says what will fail: the rest works.
 *
 * @may_mount: for volumes of pods: mount(2) of new file systems that are nosuid, nodev and noexec,
 * remounts of those, plain binds, and lazy unmounts.
 *
 * Return: 0 or -errno.
 */
int confine(bool may_mount, struct reason *why);
