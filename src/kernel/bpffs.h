/* SPDX-License-Identifier: Apache-2.0 */
/* The file system of pins: mounting, judging and cleaning one. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct reason;

/* Mount a bpffs on an existing directory. -EPERM, -ENOENT. */
int bpffs_mount(const char *path, mode_t mode, struct reason *why);

int bpffs_unmount(const char *path, struct reason *why);

/* Is @path on a bpffs? 1, 0 or -errno. */
int bpffs_is_at(const char *path);

/**
 * bpffs_check() - may pins live at @path?
 *
 * A bpffs that only the daemon's own mount namespace sees dies with the daemon and takes the links
 * with it.
 *
 * Return: 0, -ENOTSUP (no bpffs), -EXDEV (seen only by us; text and hint say what to do), -errno.
 */
int bpffs_check(const char *path, struct reason *why);

/* A name the bpffs takes: '.', '/' and '%' become %2e, %2f, %25. Heap; NULL when out of memory. */
char *bpffs_escape(const char *name);

/* The other way; NULL also when @name is not what bpffs_escape() makes. */
char *bpffs_unescape(const char *name);

/* Rename inside the bpffs without replacing what is there. -EEXIST. */
int bpffs_rename(const char *from, const char *to, struct reason *why);

/* Remove a pin; a missing one is success. With no descriptor open the object ends here. */
int bpffs_unlink(const char *path, struct reason *why);

/* Remove a directory and everything in it, never leaving this bpffs nor following a link; a missing
 * one is success. */
int bpffs_remove_tree(const char *path, struct reason *why);
