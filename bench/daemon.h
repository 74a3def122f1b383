/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon of our own, in $BENCH_DIR (run/fs and run/maps are mounted by bench/run). Whatever
 * fails here ends the program. */
#pragma once

#include <sys/types.h>

struct bpfd_conn;

struct daemon_process {
	pid_t pid;
	char socket[128];
};

/* @ret_ms: until GetVersion was answered; may be NULL. */
void daemon_process_start(struct daemon_process *d, double *ret_ms);

/* SIGTERM, and wait for it. */
void daemon_process_stop(struct daemon_process *d);

/* A connection to it that has answered once. */
struct bpfd_conn *daemon_process_connect(const struct daemon_process *d);

/* Run a program with stdout to /dev/null; from posix_spawn(3) until its end, in ms; < 0 when it
 * cannot be started or fails. */
double process_run(char *const argv[]);

/* An environment variable that bench/run sets. */
const char *setting(const char *name);
