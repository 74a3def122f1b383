/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of changes: users take turns, and one user cannot fill it. */
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <string.h>

#include "base/reason.h"
#include "daemon/context.h"
#include "daemon/worker.h"

/* behind ours: cmocka has a macro fail() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct change {
	struct task task;
	struct log *log;
	char name;
};

/* @order: names in the order of running. @gate: what the change 'g' waits for. */
struct log {
	char order[512];
	size_t n, n_done;
	sem_t gate, is_running;
};

static void run(struct task *task, struct context *ctx)
{
	struct change *c = (struct change *)task;

	(void)ctx;
	c->log->order[c->log->n++] = c->name;
	if (c->name != 'g')
		return;
	sem_post(&c->log->is_running);
	sem_wait(&c->log->gate);
}

static void done(struct task *task)
{
	((struct change *)task)->log->n_done++;
}

static int add(struct worker *w, struct change *c)
{
	c->task.run = run;
	c->task.done = done;
	return worker_add(w, &c->task, NULL);
}

static void finish(struct worker *w, struct log *log, size_t n)
{
	struct pollfd p = {.fd = worker_fd(w), .events = POLLIN};

	sem_post(&log->gate);
	while (log->n_done < n) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		worker_dispatch(w);
	}
	worker_free(w);
}

static struct worker *begin(struct log *log, struct change *gate)
{
	static struct context none;
	struct worker *w = NULL;

	sem_init(&log->gate, 0, 0);
	sem_init(&log->is_running, 0, 0);
	assert_int_equal(worker_start(&none, 1, &w, NULL), 0);
	gate->log = log;
	gate->name = 'g';
	gate->task.uid = 1000;
	assert_int_equal(add(w, gate), 0);
	sem_wait(&log->is_running);
	return w;
}

static void users_take_turns(void **state)
{
	struct log log = {0};
	struct change gate = {0}, c[6];
	struct worker *w = begin(&log, &gate);

	(void)state;
	/* a, b, c of one user; then D of root, e of the first, F of root */
	for (size_t i = 0; i < 6; i++) {
		c[i] = (struct change){.log = &log, .name = "abcDeF"[i]};
		c[i].task.uid = i == 3 || i == 5 ? 0 : 1000;
		assert_int_equal(add(w, &c[i]), 0);
	}
	finish(w, &log, 7);
	assert_string_equal(log.order, "gDaFbce");
}

static void one_user_cannot_fill_the_queue(void **state)
{
	static struct change c[70];
	struct log log = {0};
	struct change gate = {0};
	struct worker *w = begin(&log, &gate);
	size_t n;

	(void)state;
	for (n = 0; n < 64; n++) {
		c[n] = (struct change){.log = &log, .name = 'x', .task.uid = 1000};
		assert_int_equal(add(w, &c[n]), 0);
	}
	c[n] = (struct change){.log = &log, .name = 'x', .task.uid = 1000};
	assert_int_equal(add(w, &c[n]), -EAGAIN);
	c[n].task.uid = 1001;
	assert_int_equal(add(w, &c[n++]), 0);
	for (; n < 70; n++) {
		c[n] = (struct change){.log = &log, .name = 'r'};
		assert_int_equal(add(w, &c[n]), 0);
	}
	finish(w, &log, 71);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_take_turns),
		cmocka_unit_test(one_user_cannot_fill_the_queue),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
