/* SPDX-License-Identifier: Apache-2.0 */
/* Work for the local daemon: done by one thread, so that a slow pull delays nobody who asks how the
 * agent is. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/reason.h"

struct worker;

enum job_kind { JOB_LOOK, JOB_APPLY, JOB_DELETE, _JOB_KIND_MAX };

/* Who we are to a registry; heap. */
struct job_login {
	char *registry;
	char *username;
	char *password;
};

/**
 * struct job - one request and what came of it.
 * @name:     config; NULL for JOB_LOOK.
 * @manifest: what to apply; heap.
 * @done:     called in the loop's thread; then the job is freed.
 * @why:      .code is 0 on success.
 * @seen:     what the daemon has now (look.h); NULL when it could not be asked.
 * @is_changed: the daemon did something.
 */
struct job {
	enum job_kind kind;
	char *name;
	char *manifest;
	struct job_login *logins;
	size_t n_logins;
	void (*done)(struct job *job);
	void *userdata;

	struct reason why;
	json_t *seen;
	json_t *warnings;
	bool is_changed;
	struct job *next;
};

struct job *job_new(enum job_kind kind, const char *name);
void job_free(struct job *job);

/* @socket: of the daemon. Return: 0, -ENOMEM, -errno. */
int worker_new(const char *socket, struct worker **ret, struct reason *why);

/* Waits for the job at hand; the others are dropped without done(). Accepts NULL. */
void worker_free(struct worker *worker);

/* Poll for reading, then worker_dispatch(). */
int worker_fd(const struct worker *worker);
void worker_dispatch(struct worker *worker);

/* Takes the job over. */
void worker_add_adopt(struct worker *worker, struct job *job);
