/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the waiting: curl_multi_poll() watches libcurl's sockets and ours together. */
#include "kube/loop.h"

#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/memory.h"
#include "base/reason.h"

struct watched {
	int fd;
	kube_loop_fn *fn;
	void *userdata;
};

struct kube_loop {
	CURLM *multi;
	kube_loop_fn *on_data;
	void *data_userdata;
	void (*on_done)(void *easy, int code);
	struct watched fds[KUBE_LOOP_FDS];
	unsigned int n_fds;
	struct kube_timer *timers; /* by time */
	struct kube_timer forget;
};

#define TURN_MS		60000
#define FORGET_MS	30000
#define FORGET_AGAIN_MS 3600000

uint64_t kube_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t kube_backoff_ms(uint64_t base_ms, unsigned int n, uint64_t max_ms)
{
	uint64_t ms = base_ms;
	uint32_t random = 0;

	while (n-- > 0 && ms < max_ms)
		ms *= 2;
	if (ms > max_ms)
		ms = max_ms;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)kube_now_ms() * 2654435761u;
	return ms / 2 + random % (ms / 2 + 1);
}

int kube_loop_new(struct kube_loop **ret, struct reason *why)
{
	struct kube_loop *loop = calloc(1, sizeof(*loop));

	if (!loop || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    !(loop->multi = curl_multi_init())) {
		free(loop);
		return fail(why, -ENOMEM, "cannot prepare to talk to an API server");
	}
	curl_multi_setopt(loop->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 8L);
	*ret = loop;
	return 0;
}

void kube_loop_free(struct kube_loop *loop)
{
	if (!loop)
		return;
	curl_multi_cleanup(loop->multi);
	free(loop);
}

void *kube_loop_multi(struct kube_loop *loop)
{
	return loop->multi;
}

void kube_loop_on_turn(struct kube_loop *loop, kube_loop_fn *on_data, void *userdata,
		       void (*on_done)(void *easy, int code))
{
	loop->on_data = on_data;
	loop->data_userdata = userdata;
	loop->on_done = on_done;
}

int kube_loop_add_fd(struct kube_loop *loop, int fd, kube_loop_fn *fn, void *userdata)
{
	if (loop->n_fds == KUBE_LOOP_FDS)
		return -ENOSPC;
	loop->fds[loop->n_fds++] = (struct watched){fd, fn, userdata};
	return 0;
}

void kube_loop_remove_fd(struct kube_loop *loop, int fd)
{
	for (unsigned int i = 0; i < loop->n_fds; i++)
		if (loop->fds[i].fd == fd) {
			loop->fds[i] = loop->fds[--loop->n_fds];
			return;
		}
}

void kube_timer_stop(struct kube_loop *loop, struct kube_timer *timer)
{
	for (struct kube_timer **at = &loop->timers; *at; at = &(*at)->next)
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	timer->at_ms = 0;
	timer->next = NULL;
}

void kube_timer_set(struct kube_loop *loop, struct kube_timer *timer, uint64_t delay_ms)
{
	struct kube_timer **at = &loop->timers;

	kube_timer_stop(loop, timer);
	timer->at_ms = kube_now_ms() + delay_ms;
	while (*at && (*at)->at_ms <= timer->at_ms)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

static void run_timers(struct kube_loop *loop)
{
	uint64_t now = kube_now_ms();

	while (loop->timers && loop->timers->at_ms <= now) {
		struct kube_timer *timer = loop->timers;

		kube_timer_stop(loop, timer);
		timer->fn(timer->userdata);
	}
}

static void on_forget(void *userdata)
{
	struct kube_loop *loop = userdata;

	malloc_trim(0);
	memory_forget_code();
	kube_timer_set(loop, &loop->forget, FORGET_AGAIN_MS);
}

static int wait_ms(const struct kube_loop *loop, int max_ms)
{
	uint64_t now = kube_now_ms();

	if (!loop->timers)
		return max_ms;
	if (loop->timers->at_ms <= now)
		return 0;
	if (loop->timers->at_ms - now < (uint64_t)max_ms)
		return (int)(loop->timers->at_ms - now);
	return max_ms;
}

static void take_results(struct kube_loop *loop)
{
	int left;

	if (loop->on_data)
		loop->on_data(loop->data_userdata);
	for (CURLMsg *m; (m = curl_multi_info_read(loop->multi, &left));)
		if (m->msg == CURLMSG_DONE && loop->on_done)
			loop->on_done(m->easy_handle, (int)m->data.result);
}

/* A handler may remove descriptors: each is looked up again before it is called. */
static void run_fds(struct kube_loop *loop, const struct curl_waitfd *waited, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!waited[i].revents)
			continue;
		for (unsigned int k = 0; k < loop->n_fds; k++)
			if (loop->fds[k].fd == waited[i].fd) {
				loop->fds[k].fn(loop->fds[k].userdata);
				break;
			}
	}
}

int kube_loop_turn(struct kube_loop *loop, int max_ms)
{
	struct curl_waitfd waited[KUBE_LOOP_FDS];
	unsigned int n = loop->n_fds;
	int running;

	for (unsigned int i = 0; i < n; i++)
		waited[i] = (struct curl_waitfd){loop->fds[i].fd, CURL_WAIT_POLLIN, 0};
	if (curl_multi_perform(loop->multi, &running) != CURLM_OK)
		return -ENOMEM;
	take_results(loop);
	if (curl_multi_poll(loop->multi, waited, n, wait_ms(loop, max_ms), NULL) != CURLM_OK)
		return -ENOMEM;
	if (curl_multi_perform(loop->multi, &running) != CURLM_OK)
		return -ENOMEM;
	take_results(loop);
	run_fds(loop, waited, n);
	run_timers(loop);
	return 0;
}

int kube_loop_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static void on_signal(void *userdata)
{
	bool *is_ending = userdata;

	*is_ending = true;
}

int kube_loop_serve_adopt(struct kube_loop *loop, int signals)
{
	_close_ int fd = signals;
	bool is_ending = false;
	int r = fd < 0 ? fd : kube_loop_add_fd(loop, fd, on_signal, &is_ending);

	loop->forget.fn = on_forget;
	loop->forget.userdata = loop;
	kube_timer_set(loop, &loop->forget, FORGET_MS);
	while (r == 0 && !is_ending)
		r = kube_loop_turn(loop, TURN_MS);
	/* The loop may turn once more, at the end. */
	kube_loop_remove_fd(loop, fd);
	return r;
}
