/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that the loop hands tasks to: one that changes things, one request after the other, so
 * that the loop never waits for the kernel; and several that wait for networks. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct context;
struct reason;
struct worker;

/**
 * struct task - something for the worker; embedded in the caller's structure.
 * @run:  in the worker's thread.
 * @done: in the loop's thread, after run (worker_dispatch()).
 * @uid:  whom it is for: users take turns.
 */
struct task {
	void (*run)(struct task *task, struct context *ctx);
	void (*done)(struct task *task);
	uid_t uid;
	struct task *next;
};

#define WORKER_THREADS_MAX 16

/* @ctx: the worker's own (its store connection, the fork server). @n: threads at most; each is made
 * when there is no idle one for a task. */
int worker_start(struct context *ctx, size_t n, struct worker **ret, struct reason *why);

/* Waits for the running tasks; those that wait are done without run. Accepts NULL. */
void worker_free(struct worker *worker);

/* Becomes readable when tasks are finished. Borrowed. */
int worker_fd(const struct worker *worker);
void worker_dispatch(struct worker *worker);

/* -EAGAIN when too many wait: 256 in all, 64 of one user who is not root. */
int worker_add(struct worker *worker, struct task *task, struct reason *why);
