/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the thread that talks to the daemon. Jobs go in and come back; nothing else is shared. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "agent/job.h"
#include "agent/look.h"
#include "base/log.h"
#include "base/text.h"
#include "bpfd/bpfd.h"

struct worker {
	char *socket;
	int event;
	pthread_t thread;
	bool has_thread;
	bool is_ending;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *waiting, **last;
	struct job *finished;
};

struct job *job_new(enum job_kind kind, const char *name)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->kind = kind;
	if (text_set(&job->name, name) == 0)
		return job;
	free(job);
	return NULL;
}

static void login_done(struct job_login *login)
{
	if (login->password)
		explicit_bzero(login->password, strlen(login->password));
	free(login->registry);
	free(login->username);
	free(login->password);
}

void job_free(struct job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->n_logins; i++)
		login_done(&job->logins[i]);
	free(job->logins);
	free(job->name);
	free(job->manifest);
	json_decref(job->seen);
	json_decref(job->warnings);
	reason_done(&job->why);
	free(job);
}

/* --- in the thread --- */

static void take_error(struct job *job, const struct bpfd_conn *conn, int r)
{
	const char *text = bpfd_error_text(conn);
	const char *hint = bpfd_error_hint(conn);
	const char *detail = bpfd_error_detail(conn);

	fail(&job->why, r, "%s", text && *text ? text : strerror(-r));
	if (hint && *hint)
		reason_hint(&job->why, "%s", hint);
	if (detail && *detail)
		reason_detail_adopt(&job->why, strdup(detail));
}

static void take_changes(struct job *job, const struct bpfd_changes *changes)
{
	const char *warning;

	for (size_t i = 0; i < bpfd_changes_count(changes); i++) {
		const char *verb = bpfd_change_verb(bpfd_changes_get(changes, i));

		job->is_changed |= strcmp(verb, "unchanged") != 0 && strcmp(verb, "skip") != 0;
	}
	job->warnings = json_array();
	for (size_t i = 0; (warning = bpfd_changes_warning(changes, i)); i++)
		json_array_append_new(job->warnings, json_string(warning));
}

static int apply(struct job *job, struct bpfd_conn *conn)
{
	struct bpfd_manifest manifest = {.size = sizeof(manifest),
					 .text = job->manifest,
					 .len = strlen(job->manifest),
					 .file_name = job->name};
	struct bpfd_changes *changes;
	int r = 0;

	for (size_t i = 0; r == 0 && i < job->n_logins; i++)
		r = bpfd_login_add(conn, &(struct bpfd_login){job->logins[i].registry,
							      job->logins[i].username,
							      job->logins[i].password});
	if (r == 0)
		r = bpfd_config_apply(conn, &manifest, false, &changes);
	if (r < 0)
		return r;
	take_changes(job, changes);
	bpfd_changes_free(changes);
	return 0;
}

/* What is not there any more is deleted. */
static int delete_config(struct job *job, struct bpfd_conn *conn)
{
	const char *names[] = {job->name, NULL};
	struct bpfd_changes *changes;
	int r = bpfd_config_delete(conn, names, &changes);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	job->is_changed = true;
	bpfd_changes_free(changes);
	return 0;
}

static int look_only(struct job *job, struct bpfd_conn *conn)
{
	(void)job;
	(void)conn;
	return 0;
}

static int (*const kinds[_JOB_KIND_MAX])(struct job *job, struct bpfd_conn *conn) = {
	[JOB_LOOK] = look_only,
	[JOB_APPLY] = apply,
	[JOB_DELETE] = delete_config,
};

/* A connection for each job: logins are for this one alone. */
static void run(const struct worker *worker, struct job *job)
{
	struct bpfd_open_opts opts = {.size = sizeof(opts), .socket = worker->socket};
	struct bpfd_conn *conn;
	int r = bpfd_open(&opts, &conn);

	if (r < 0) {
		fail(&job->why, r, "cannot prepare to talk to bpfd");
		return;
	}
	r = kinds[job->kind](job, conn);
	if (r < 0)
		take_error(job, conn, r);
	r = look(conn, &job->seen);
	if (r < 0 && job->kind == JOB_LOOK)
		take_error(job, conn, r);
	else if (r < 0)
		log_warning("config %s: what bpfd has now cannot be seen: %s", job->name,
			    bpfd_error_text(conn));
	bpfd_close(conn);
}

static struct job *next_job(struct worker *worker)
{
	struct job *job;

	pthread_mutex_lock(&worker->lock);
	while (!worker->waiting && !worker->is_ending)
		pthread_cond_wait(&worker->more, &worker->lock);
	job = worker->is_ending ? NULL : worker->waiting;
	if (job) {
		worker->waiting = job->next;
		if (!worker->waiting)
			worker->last = &worker->waiting;
	}
	pthread_mutex_unlock(&worker->lock);
	return job;
}

static void *work(void *userdata)
{
	struct worker *worker = userdata;

	for (struct job *job; (job = next_job(worker));) {
		run(worker, job);
		pthread_mutex_lock(&worker->lock);
		job->next = worker->finished;
		worker->finished = job;
		pthread_mutex_unlock(&worker->lock);
		eventfd_write(worker->event, 1);
	}
	return NULL;
}

/* --- in the loop's thread --- */

int worker_new(const char *socket, struct worker **ret, struct reason *why)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return fail(why, -ENOMEM, "out of memory");
	worker->last = &worker->waiting;
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->more, NULL);
	worker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->event < 0 ? -errno : text_set(&worker->socket, socket);
	if (r == 0)
		r = -pthread_create(&worker->thread, NULL, work, worker);
	worker->has_thread = r == 0;
	if (r < 0) {
		worker_free(worker);
		return fail(why, r, "cannot start a thread: %s", strerror(-r));
	}
	*ret = worker;
	return 0;
}

static void free_all(struct job *jobs)
{
	for (struct job *next; jobs; jobs = next) {
		next = jobs->next;
		job_free(jobs);
	}
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->is_ending = true;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	if (worker->has_thread)
		pthread_join(worker->thread, NULL);
	free_all(worker->waiting);
	free_all(worker->finished);
	if (worker->event >= 0)
		close(worker->event);
	free(worker->socket);
	free(worker);
}

int worker_fd(const struct worker *worker)
{
	return worker->event;
}

void worker_add_adopt(struct worker *worker, struct job *job)
{
	pthread_mutex_lock(&worker->lock);
	job->next = NULL;
	*worker->last = job;
	worker->last = &job->next;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
}

/* In the order in which they were finished. */
static struct job *take_finished(struct worker *worker)
{
	struct job *reversed = NULL, *jobs;

	pthread_mutex_lock(&worker->lock);
	jobs = worker->finished;
	worker->finished = NULL;
	pthread_mutex_unlock(&worker->lock);
	for (struct job *next; jobs; jobs = next) {
		next = jobs->next;
		jobs->next = reversed;
		reversed = jobs;
	}
	return reversed;
}

void worker_dispatch(struct worker *worker)
{
	eventfd_t n;

	eventfd_read(worker->event, &n);
	for (struct job *job = take_finished(worker), *next; job; job = next) {
		next = job->next;
		job->done(job);
		job_free(job);
	}
}
