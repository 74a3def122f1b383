/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a child: sandbox of its kind, one job, one answer, end. */
#pragma once

#include <sys/types.h>

#include "forkserver/job.h"

struct reason;
struct sock_fprog;

struct child_account {
	uid_t uid;
	gid_t gid;
};

/* What the fork server has prepared once for all its children. */
struct child_means {
	struct child_account parser;  /* of those that parse foreign bytes */
	struct child_account fetcher; /* of those that use the network */
	pid_t server;
	int image_exe; /* bpfd-image, −1 when there is none */
	int fetch_exe; /* bpfd-fetch, likewise */
	int rules;     /* Landlock: what bpfd-load may read, −1 without Landlock */
	struct sock_fprog *look_filter;
	struct sock_fprog *load_filter;
};

/* @server is set by the caller. Return: 0 or -errno. */
int child_means_prepare(struct child_means *means, struct reason *why);

void child_means_done(struct child_means *means);

/* Never returns. @sock: to bpfd. */
void child_run(enum job_kind kind, int sock, const struct child_means *means)
	__attribute__((noreturn));
