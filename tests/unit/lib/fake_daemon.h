/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon that gives fixed answers, in a process of its own. */
#pragma once

#include <sys/types.h>

/* Serve @dir/bpfd.sock and @dir/maps.sock until fake_daemon_stop(). */
pid_t fake_daemon_start(const char *dir);
void fake_daemon_stop(pid_t pid, const char *dir);
