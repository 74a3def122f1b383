/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of agent, operator and plugin: libcurl's transfers, other descriptors, timers; one
 * thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kube_loop;
struct reason;

typedef void kube_loop_fn(void *userdata);

/**
 * struct kube_timer - runs once at a time of its own; embedded, zeroed before its first use.
 * @fn: called with @userdata from kube_loop_turn(); may set the timer again.
 */
struct kube_timer {
	uint64_t at_ms; /* 0: not set */
	kube_loop_fn *fn;
	void *userdata;
	struct kube_timer *next;
};

/* Return: 0, -ENOMEM. */
int kube_loop_new(struct kube_loop **ret, struct reason *why);

/* Clients, timers and descriptors must be gone before. Accepts NULL. */
void kube_loop_free(struct kube_loop *loop);

/* Call @fn whenever @fd (borrowed) can be read; at most KUBE_LOOP_FDS. Return: 0, -ENOSPC. */
#define KUBE_LOOP_FDS 16
int kube_loop_add_fd(struct kube_loop *loop, int fd, kube_loop_fn *fn, void *userdata);
void kube_loop_remove_fd(struct kube_loop *loop, int fd);

/* Set or move; from now. A timer that is set must be stopped before its memory goes. */
void kube_timer_set(struct kube_loop *loop, struct kube_timer *timer, uint64_t delay_ms);
void kube_timer_stop(struct kube_loop *loop, struct kube_timer *timer);
static inline bool kube_timer_is_set(const struct kube_timer *timer)
{
	return timer->at_ms != 0;
}

/* Block SIGTERM and SIGINT, before any thread is started. Return: a descriptor for
 * kube_loop_serve_adopt(), or -errno. */
int kube_loop_signals(void);

/* Turn until one of the signals comes. Half a minute from now, and then each hour, the memory of
 * what only beginning needed is given back. Return: 0 or -errno. */
int kube_loop_serve_adopt(struct kube_loop *loop, int signals);

/* Wait for something, at most @max_ms, and handle what is there. Return: 0 or -errno. */
int kube_loop_turn(struct kube_loop *loop, int max_ms);

/* For client.c: libcurl may not be called from its own callbacks, so they only collect. Let
 * kube_loop_turn() call @on_data when something may have come, then @on_done for each transfer that
 * is done. */
void kube_loop_on_turn(struct kube_loop *loop, kube_loop_fn *on_data, void *userdata,
		       void (*on_done)(void *easy, int code));
void *kube_loop_multi(struct kube_loop *loop);

/* Milliseconds of the monotonic clock. */
uint64_t kube_now_ms(void);

/* @base_ms doubled @n times, at most @max_ms, of which the upper half is random: many that fail
 * together shall not come back together. */
uint64_t kube_backoff_ms(uint64_t base_ms, unsigned int n, uint64_t max_ms);
