/* SPDX-License-Identifier: Apache-2.0 */
/* One thread that changes things, one request after the other, so that the loop never waits for the
 * kernel. */
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

/* @ctx: the worker's own (its store connection, the fork server). */
int worker_start(struct context *ctx, struct worker **ret, struct reason *why);

/* Waits for the running task; those that wait are done without run. Accepts NULL. */
void worker_free(struct worker *worker);

/* Becomes readable when tasks are finished. Borrowed. */
int worker_fd(const struct worker *worker);
void worker_dispatch(struct worker *worker);

/* -EAGAIN when too many wait: 256 in all, 64 of one user who is not root. */
int worker_add(struct worker *worker, struct task *task, struct reason *why);
