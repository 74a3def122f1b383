/* SPDX-License-Identifier: Apache-2.0 */
/* Perf events that programs hang on: tracepoints and user-space probes. CAP_PERFMON. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct reason;

/* An event that fires for every process on every CPU. Return: descriptor or -errno. */
int perf_open_tracepoint(uint64_t event_id, struct reason *why);

/**
 * perf_open_uprobe() - a probe in exactly the file behind @binary_fd.
 * @offset:    bytes from the start of the file.
 * @is_return: fire when the function returns.
 *
 * Return: descriptor, -EOPNOTSUPP (no uprobes here), -EINVAL (no instruction begins at @offset, or
 * not a regular file that can be executed).
 */
int perf_open_uprobe(int binary_fd, uint64_t offset, bool is_return, struct reason *why);

/* 1: this kernel has uprobes by perf_event_open(2) (4.17); 0: not. */
int perf_has_uprobe(void);

/* Let it fire. */
int perf_enable(int perf_fd);

/* Below 5.15: hang a program on the event itself; it ends with the last descriptor of the event. */
int perf_set_program(int perf_fd, int program_fd);
