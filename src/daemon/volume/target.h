/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the place of a volume without following a link, and knowing what is mounted there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reason;

/* Mounts of ours have this and the volume's uuid as their source. A bpffs below 5.17 forgets its
 * source: there the directory that is mounted tells, which is called so. */
#define TARGET_SOURCE "bpfd."
#define TARGET_PINS   "bpfd-"

/**
 * struct target - an opened place.
 * @pods:   the kubelet's pods; @parent, @fd: the directory above the target, and the target or what
 *          is mounted on it, -1: not there. All are O_PATH.
 * @name:   of the target in its parent; borrowed.
 */
struct target {
	int pods;
	int parent;
	int fd;
	const char *name;
	const char *relative;
};

/**
 * target_open() - open a place beneath the kubelet's pods.
 * @relative: volume_relative(); borrowed.
 *
 * No component is a link or leads out, whoever changes the tree meanwhile (openat2(2); before 5.6
 * one O_NOFOLLOW at a time). A target that is not there is no error: .fd is -1.
 *
 * Return: 0, -ENOENT (no parent: the pod is gone), -ELOOP (a link), -ENOTDIR, -errno.
 */
int target_open(const char *kubelet, const char *relative, struct target *ret, struct reason *why);

/* Open .fd again: what is on top now. */
int target_reopen(struct target *target, struct reason *why);
void target_done(struct target *target);

/* The same for a directory beneath another; @walk: without openat2(2). For tests too. */
int target_open_beneath(int root, const char *relative, bool walk);

/**
 * struct mounted - what is on a place.
 * @is_mount: something is mounted there; else the rest is empty.
 * @root:     which directory of its file system.
 */
struct mounted {
	bool is_mount;
	char root[64];
	char type[16];
	char source[64];
};

/* What is mounted on the target (.fd is not -1). Return: 0 or -errno. */
int target_mounted(const struct target *target, struct mounted *ret, struct reason *why);

/* Is it the mount of the volume with this uuid? NULL: of any volume. */
bool mounted_is_ours(const struct mounted *mounted, const char *uuid);

/* Is it the root of a bpffs, as it lies beneath the directory of it that was mounted over it? */
bool mounted_is_beneath(const struct mounted *mounted);

/* Visit the mount points beneath @directory whose source is ours, the youngest first. */
typedef void target_visit(const char *path, const char *uuid, void *arg);
int target_each_mount(const char *directory, target_visit *visit, void *arg);

/* Do other mount namespaces see what is mounted in the directory? Return: 1, 0, -errno. */
int target_is_shared(const char *directory);

/* One line of mountinfo; all but @id: parts of @line, which is cut. Pure. */
struct mount_line {
	uint64_t id;
	char *root;
	char *path; /* escapes are undone */
	char *type;
	char *source;
	bool is_shared; /* what is mounted in it is seen by other namespaces */
};
int target_parse_mount(char *line, struct mount_line *ret);
