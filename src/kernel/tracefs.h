/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and names of tracepoints. Works where no tracefs is mounted. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct reason;

/**
 * tracefs_open() - the directory "events" of a tracefs.
 *
 * /sys/kernel/tracing, else /sys/kernel/debug/tracing, else a detached mount (5.2, CAP_SYS_ADMIN)
 * that lives as long as the descriptor. Open it once: closing a detached mount waits for a grace
 * period.
 *
 * Return: an O_PATH descriptor the caller owns, -EOPNOTSUPP (a kernel without tracing).
 */
int tracefs_open(struct reason *why);

/**
 * tracefs_event_id() - the number of tracepoint @group/@name for perf_event_open(2).
 *
 * -ENOENT names the nearest group, or the nearest event of that group; reads one directory at most.
 */
int tracefs_event_id(int events_fd, const char *group, const char *name, uint64_t *ret,
		     struct reason *why);

/* The group of an event found in a link's information, which has only the name. Heap. Looks into
 * every group: not for the way of a request. -ENOENT. */
int tracefs_group_of(int events_fd, const char *name, char **ret, struct reason *why);
