/* SPDX-License-Identifier: Apache-2.0 */
/* The fork server's children: how they begin, and how they ended. */
#pragma once

#include <sys/types.h>

#include "forkserver/child/child.h"

/* Ends remembered until bpfd asks; it asks at once or never. */
#define CHILDREN_ENDS_MAX 64

struct children {
	const struct child_means *means;
	int control; /* closed in children */
	struct children_end {
		pid_t pid;
		int status;
	} ends[CHILDREN_ENDS_MAX];
	unsigned int next_end;
};

/* Fork a child of @kind. @ret_sock: bpfd's end; the caller's. Return: pid or -errno. */
pid_t children_start(struct children *children, enum job_kind kind, int *ret_sock);

/* Note the end of children; after SIGCHLD. */
void children_reap(struct children *children);

/* Make sure that the child is gone and tell how it ended. */
void children_end(struct children *children, const struct control_request *request,
		  struct control_answer *ret);
