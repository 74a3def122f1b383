/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the thread and its two queues; knows nothing of requests. */
#include "daemon/worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/reason.h"
#include "daemon/context.h"
#include "forkserver/client.h"

#define WAITING_MAX	 256
#define WAITING_PER_USER 64

struct queue {
	struct task *first;
	struct task **last;
	unsigned int n;
};

struct worker {
	pthread_t threads[WORKER_THREADS_MAX];
	size_t n_threads;
	size_t n_max;
	size_t n_idle;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue todo;
	struct queue finished;
	uid_t last_uid;
	struct context *ctx;
	int event_fd;
	bool is_ending;
};

static void queue_add(struct queue *q, struct task *task)
{
	task->next = NULL;
	*q->last = task;
	q->last = &task->next;
	q->n++;
}

static struct task *queue_take(struct queue *q)
{
	struct task *task = q->first;

	if (!task)
		return NULL;
	q->first = task->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return task;
}

/* The first of another user than the last one's: many of one do not keep the others waiting. */
static struct task *queue_take_turn(struct queue *q, uid_t last_uid)
{
	struct task **at = &q->first;
	struct task *task;

	while (*at && (*at)->uid == last_uid)
		at = &(*at)->next;
	if (!*at)
		return queue_take(q);
	task = *at;
	*at = task->next;
	if (!*at)
		q->last = at;
	q->n--;
	return task;
}

static bool is_full(const struct queue *q, uid_t uid)
{
	unsigned int n = 0;

	for (const struct task *t = q->first; t && uid != 0; t = t->next)
		n += t->uid == uid;
	return q->n >= WAITING_MAX || n >= WAITING_PER_USER;
}

static void *serve(void *arg)
{
	struct worker *w = arg;
	struct task *task;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		uint64_t one = 1;

		w->n_idle++;
		while (!w->todo.first && !w->is_ending)
			pthread_cond_wait(&w->wake, &w->lock);
		w->n_idle--;
		if (w->is_ending)
			break;
		task = queue_take_turn(&w->todo, w->last_uid);
		w->last_uid = task->uid;
		pthread_mutex_unlock(&w->lock);
		task->run(task, w->ctx);
		pthread_mutex_lock(&w->lock);
		queue_add(&w->finished, task);
		/* Who is woken wants the lock at once. */
		pthread_mutex_unlock(&w->lock);
		/* Cannot block: the counter is read by the loop and far from its maximum. */
		if (write(w->event_fd, &one, sizeof(one)) == sizeof(one))
			forkserver_refill(w->ctx->forkserver);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are for the loop's thread. */
static int start_thread(struct worker *w)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	r = pthread_create(&w->threads[w->n_threads], NULL, serve, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->n_threads += r == 0;
	return -r;
}

int worker_start(struct context *ctx, size_t n, struct worker **ret, struct reason *why)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return fail(why, -ENOMEM, "out of memory");
	w->ctx = ctx;
	w->n_max = n < WORKER_THREADS_MAX ? n : WORKER_THREADS_MAX;
	w->todo.last = &w->todo.first;
	w->finished.last = &w->finished.first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event_fd < 0) {
		r = -errno;
		free(w);
		return fail(why, r, "cannot prepare for threads: %s", strerror(-r));
	}
	*ret = w;
	return 0;
}

void worker_free(struct worker *w)
{
	struct task *task;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	while ((task = queue_take(&w->finished)) || (task = queue_take(&w->todo)))
		task->done(task);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	fd_close(&w->event_fd);
	free(w);
}

int worker_fd(const struct worker *w)
{
	return w->event_fd;
}

void worker_dispatch(struct worker *w)
{
	uint64_t count;

	if (read(w->event_fd, &count, sizeof(count)) < 0)
		return;
	for (;;) {
		struct task *task;

		pthread_mutex_lock(&w->lock);
		task = queue_take(&w->finished);
		pthread_mutex_unlock(&w->lock);
		if (!task)
			return;
		task->done(task);
	}
}

int worker_add(struct worker *w, struct task *task, struct reason *why)
{
	bool has_room;
	unsigned int n;

	pthread_mutex_lock(&w->lock);
	n = w->todo.n;
	has_room = !is_full(&w->todo, task->uid);
	/* Those that were woken for earlier tasks count as idle until they run. */
	if (has_room && w->n_idle <= n && w->n_threads < w->n_max && start_thread(w) < 0)
		has_room = w->n_threads > 0;
	if (has_room)
		queue_add(&w->todo, task);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wake);
	return has_room ? 0 : fail(why, -EAGAIN, "%u changes wait already: try again later", n);
}
