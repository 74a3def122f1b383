/* SPDX-License-Identifier: Apache-2.0 */
/* Timers behind one timerfd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "rpc/timer.h"

#define N 500

struct shot {
	struct rpc_timer timer;
	uint64_t *last_ns;
	unsigned int *n_fired;
};

static void fire(void *userdata)
{
	struct shot *shot = userdata;

	assert_true(shot->timer.at_ns >= *shot->last_ns);
	*shot->last_ns = shot->timer.at_ns;
	++*shot->n_fired;
}

static void timers_fire_in_order_and_cleared_ones_never(void **state)
{
	struct rpc_timers timers;
	struct shot shots[N] = {0};
	uint64_t last = 0;
	unsigned int n_fired = 0;

	(void)state;
	srand(7);
	assert_int_equal(rpc_timers_init(&timers), 0);
	for (int i = 0; i < N; i++) {
		shots[i] = (struct shot){
			.timer = {.fire = fire, .userdata = &shots[i]},
			.last_ns = &last,
			.n_fired = &n_fired,
		};
		rpc_timer_set(&timers, &shots[i].timer, (uint64_t)(rand() % 1000 + 1));
	}
	for (int i = 0; i < N; i += 2)
		rpc_timer_clear(&timers, &shots[i].timer);
	for (int i = 1; i < N; i += 4)
		rpc_timer_set(&timers, &shots[i].timer, (uint64_t)(rand() % 1000 + 1));
	rpc_timers_run(&timers);
	assert_int_equal(n_fired, N / 2);
	assert_int_equal(timers.n, 0);
	rpc_timers_done(&timers);
}

static int is_readable(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, wait_ms);
}

static void the_descriptor_is_armed_only_while_a_timer_is(void **state)
{
	struct rpc_timers timers;
	uint64_t last = 0;
	unsigned int n_fired = 0;
	struct shot shot = {{.fire = fire, .userdata = &shot}, &last, &n_fired};

	(void)state;
	assert_int_equal(rpc_timers_init(&timers), 0);
	rpc_timer_set(&timers, &shot.timer, rpc_now_ns() + 10000000);
	rpc_timers_sync(&timers);
	rpc_timer_clear(&timers, &shot.timer);
	rpc_timers_sync(&timers);
	assert_int_equal(is_readable(timers.fd, 50), 0);
	rpc_timer_set(&timers, &shot.timer, rpc_now_ns() + 10000000);
	rpc_timers_sync(&timers);
	assert_int_equal(is_readable(timers.fd, 2000), 1);
	rpc_timers_run(&timers);
	rpc_timers_sync(&timers);
	assert_int_equal(n_fired, 1);
	assert_int_equal(is_readable(timers.fd, 0), 0);
	rpc_timers_done(&timers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order_and_cleared_ones_never),
		cmocka_unit_test(the_descriptor_is_armed_only_while_a_timer_is),
	};

	return cmocka_run_group_tests_name("rpc/timer", tests, NULL, NULL);
}
