/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of a process and of what it has started. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define PROCESS_TREE_MAX 32

/* A field of /proc/PID/smaps_rollup in kB ("Pss:", "Anonymous:"); 0 when it is gone. */
uint64_t process_memory_kb(pid_t pid, const char *field);

/* Context switches of all its threads since it began. */
uint64_t process_switches(pid_t pid);

/* @root and its descendants, at most PROCESS_TREE_MAX. Return: how many. */
unsigned int process_tree(pid_t root, pid_t *ret);
