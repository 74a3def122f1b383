/* SPDX-License-Identifier: Apache-2.0 */
/* The fork server's children: spares that wait for a job, and how the others ended. */
#pragma once

#include <sys/types.h>

#include "forkserver/child/child.h"

/* Ends remembered until bpfd asks; it asks at once or never. */
#define POOL_ENDS_MAX 64

struct pool {
	const struct child_means *means;
	int control; /* closed in children */
	struct pool_spare {
		pid_t pid; /* 0: none */
		int sock;  /* bpfd's end */
	} spares[_JOB_KIND_MAX];
	struct pool_end {
		pid_t pid;
		int status;
	} ends[POOL_ENDS_MAX];
	unsigned int next_end;
};

/* Make a spare of each kind that is asked for often, as far as there is none. */
void pool_fill(struct pool *pool);

/* A child of @kind, from the spares or new. @ret_sock: bpfd's end; the caller's. Return: pid or
 * -errno. */
pid_t pool_take(struct pool *pool, enum job_kind kind, int *ret_sock);

/* Note the end of children; after SIGCHLD. */
void pool_reap(struct pool *pool);

/* Make sure that @pid is gone and tell how it ended. */
void pool_end(struct pool *pool, pid_t pid, struct control_answer *ret);
