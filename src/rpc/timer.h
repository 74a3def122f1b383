/* SPDX-License-Identifier: Apache-2.0 */
/* Timers behind one timerfd, which is armed only while there is something to time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct rpc_timer - embedded in what it times; zeroed and @fire, @userdata set before use.
 * @slot: 1 + place in the heap, 0 while not armed.
 */
struct rpc_timer {
	uint64_t at_ns;
	size_t slot;
	void (*fire)(void *userdata);
	void *userdata;
};

/* A binary heap, earliest first. @armed_ns: what the timerfd is set to, 0 when disarmed. */
struct rpc_timers {
	int fd;
	uint64_t armed_ns;
	struct rpc_timer **heap;
	size_t n;
	size_t cap;
};

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t rpc_now_ns(void);

/* Return: 0 or -errno of timerfd_create(2). */
int rpc_timers_init(struct rpc_timers *timers);
void rpc_timers_done(struct rpc_timers *timers);

/* Arm, or move when armed. Return: 0 or -ENOMEM (not armed then). */
int rpc_timer_set(struct rpc_timers *timers, struct rpc_timer *timer, uint64_t at_ns);
void rpc_timer_clear(struct rpc_timers *timers, struct rpc_timer *timer);

/* Fire what is due; then call rpc_timers_sync(). */
void rpc_timers_run(struct rpc_timers *timers);

/* Set the timerfd to the earliest timer if that changed. */
void rpc_timers_sync(struct rpc_timers *timers);
