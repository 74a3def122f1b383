/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime and state directories, and the two file systems of pins. */
#pragma once

struct paths;
struct reason;

/**
 * directories_prepare() - make what is missing, mount the two bpffs where none is, refuse one that
 * only we see.
 *
 * The lock of the runtime directory keeps a second daemon out; it lives as long as the returned
 * descriptor. Return: descriptor of the lock; -EWOULDBLOCK (another daemon runs there), -EPERM (not
 * root), -EROFS, -EXDEV (bpffs), -errno.
 */
int directories_prepare(const struct paths *paths, struct reason *why);
