/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up power: identities, capabilities, system calls, memory and time. One-way; every call is
 * for the current process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reason;
struct sock_fprog;

/* Become uid/gid with exactly these groups, and no capability at all. Return: 0 or -errno. */
int sandbox_become(uid_t uid, gid_t gid, const gid_t *groups, size_t n_groups);

/* Is the capability in the permitted set? */
bool sandbox_has_cap(int cap);

/* Of what is permitted keep @caps (CAP_… numbers) and make it effective; empty the bounding set, so
 * that no program started from here gets any (needs CAP_SETPCAP, else it stays: children of one
 * that had it inherit the empty one). Return: 0 or -errno. */
int sandbox_keep_caps(const int *caps, size_t n_caps);

/* Bound memory (bytes of address space, 0: none), CPU seconds and open files; no core dump. Return:
 * 0 or -errno. */
int sandbox_limit(size_t memory_bytes, unsigned int cpu_s, unsigned int files);

/**
 * sandbox_filter_new() - compile an allow-list of system calls; all others end the process
 * (SIGSYS).
 * @names: NULL at the end; names this libseccomp does not know are left out. "bpf:5" allows the
 * call only with 5 as its first argument; "openat!" makes it fail with EACCES,
 * "bpf:23?" makes that call fail with ENOENT.
 *
 * Compile once (the fork server does), install many times. Free with sandbox_filter_free().
 */
int sandbox_filter_new(const char *const *names, struct sock_fprog **ret, struct reason *why);
void sandbox_filter_free(struct sock_fprog *filter);

/* no_new_privs and the filter. Return: 0 or -errno. */
int sandbox_filter_install(const struct sock_fprog *filter);

/* Forbid every further access to the file system where the kernel has Landlock (≥ 5.13); otherwise
 * do nothing. */
void sandbox_no_files(void);

/* The same, but for reading what is beneath @paths (NULL at the end; those that are not there do
 * not count) and beneath the directory @dir (−1: none). */
void sandbox_only_read(const char *const *paths, int dir);
