/* SPDX-License-Identifier: Apache-2.0 */
/* What bpfd gives up before it serves: capabilities and system calls; docs/SECURITY.md says why the
 * rest is kept. */
#pragma once

struct reason;

/**
 * confine() - keep what serving needs, for good.
 *
 * Comes after everything that needs more: the file systems are mounted, the sockets bound, the fork
 * server and the keeper run. Comes before the first thread. A capability that is not there is a
 * warning that says what will fail: the rest works.
 *
 * Return: 0 or -errno.
 */
int confine(struct reason *why);
