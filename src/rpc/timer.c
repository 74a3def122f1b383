/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the heap of timers and the timerfd; does not know what is timed. */
#include "rpc/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

uint64_t rpc_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int rpc_timers_init(struct rpc_timers *timers)
{
	*timers = (struct rpc_timers){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
	return timers->fd < 0 ? -errno : 0;
}

void rpc_timers_done(struct rpc_timers *timers)
{
	fd_close(&timers->fd);
	free(timers->heap);
	timers->heap = NULL;
	timers->n = 0;
}

static void place(struct rpc_timers *timers, size_t i, struct rpc_timer *timer)
{
	timers->heap[i] = timer;
	timer->slot = i + 1;
}

static void sift_up(struct rpc_timers *timers, size_t i)
{
	struct rpc_timer *timer = timers->heap[i];

	for (; i > 0 && timers->heap[(i - 1) / 2]->at_ns > timer->at_ns; i = (i - 1) / 2)
		place(timers, i, timers->heap[(i - 1) / 2]);
	place(timers, i, timer);
}

static void sift_down(struct rpc_timers *timers, size_t i)
{
	struct rpc_timer *timer = timers->heap[i];
	size_t child;

	for (;;) {
		child = 2 * i + 1;
		if (child + 1 < timers->n &&
		    timers->heap[child + 1]->at_ns < timers->heap[child]->at_ns)
			child++;
		if (child >= timers->n || timers->heap[child]->at_ns >= timer->at_ns)
			break;
		place(timers, i, timers->heap[child]);
		i = child;
	}
	place(timers, i, timer);
}

int rpc_timer_set(struct rpc_timers *timers, struct rpc_timer *timer, uint64_t at_ns)
{
	struct rpc_timer **heap;
	size_t cap;

	rpc_timer_clear(timers, timer);
	if (timers->n == timers->cap) {
		cap = timers->cap ? 2 * timers->cap : 64;
		heap = reallocarray(timers->heap, cap, sizeof(*heap));
		if (!heap)
			return -ENOMEM;
		timers->heap = heap;
		timers->cap = cap;
	}
	timer->at_ns = at_ns;
	timers->heap[timers->n++] = timer;
	sift_up(timers, timers->n - 1);
	return 0;
}

void rpc_timer_clear(struct rpc_timers *timers, struct rpc_timer *timer)
{
	size_t i = timer->slot;
	struct rpc_timer *last;

	if (!i--)
		return;
	timer->slot = 0;
	last = timers->heap[--timers->n];
	if (last == timer)
		return;
	place(timers, i, last);
	sift_up(timers, i);
	sift_down(timers, last->slot - 1);
}

void rpc_timers_run(struct rpc_timers *timers)
{
	uint64_t now = rpc_now_ns(), expirations;
	struct rpc_timer *timer;

	/* Only empties it: how often it expired does not matter, and EAGAIN is fine. */
	if (read(timers->fd, &expirations, sizeof(expirations)) > 0)
		timers->armed_ns = 0;
	while (timers->n > 0 && timers->heap[0]->at_ns <= now) {
		timer = timers->heap[0];
		rpc_timer_clear(timers, timer);
		timer->fire(timer->userdata);
	}
}

void rpc_timers_sync(struct rpc_timers *timers)
{
	uint64_t at = timers->n > 0 ? timers->heap[0]->at_ns : 0;
	struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(at / 1000000000),
					       .tv_nsec = (long)(at % 1000000000)}};

	if (at == timers->armed_ns)
		return;
	if (timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0)
		timers->armed_ns = at;
}
