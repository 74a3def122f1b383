/* SPDX-License-Identifier: Apache-2.0 */
/* Row 1.4: what a daemon takes while nobody wants anything, and until it answers. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon.h"
#include "process.h"
#include "report.h"
#include "series.h"

#define PSS_KB	 5120
#define READY_MS 50.0

static uint64_t pss_of(const pid_t *pids, unsigned int n)
{
	uint64_t kb = 0;

	for (unsigned int i = 0; i < n; i++)
		kb += process_memory_kb(pids[i], "Pss:");
	return kb;
}

static uint64_t switches_of(const pid_t *pids, unsigned int n)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += process_switches(pids[i]);
	return sum;
}

static void report_wakeups(const pid_t *pids, unsigned int n)
{
	unsigned int seconds = getenv("BENCH_QUICK") ? 3 : 10;
	uint64_t before = switches_of(pids, n);
	char what[96];
	struct row row = {.id = "1.4", .what = what, .unit = "/s", .peer = "", .must = "0"};

	sleep(seconds);
	row.value = (double)(switches_of(pids, n) - before) / seconds;
	row.holds = row.value <= 0;
	snprintf(what, sizeof(what), "wake-ups of all its threads while idle, over %u s", seconds);
	report(&row);
}

static void report_memory(const pid_t *pids, unsigned int n)
{
	uint64_t kb = pss_of(pids, n);
	char what[96], peer[96];
	struct row row = {.id = "1.4",
			  .what = what,
			  .value = (double)kb / 1024,
			  .unit = "MB",
			  .peer = peer,
			  .must = "<= 5 MB",
			  .holds = kb <= PSS_KB};

	snprintf(what, sizeof(what), "PSS of the idle daemon and its %u children", n - 1);
	snprintf(peer, sizeof(peer), "bpfd alone %.1f MB, of it anonymous %.1f",
		 (double)process_memory_kb(pids[0], "Pss:") / 1024,
		 (double)process_memory_kb(pids[0], "Anonymous:") / 1024);
	report(&row);
}

int main(void)
{
	static struct series ready;
	pid_t pids[PROCESS_TREE_MAX];
	struct daemon_process d;
	unsigned int n, runs = report_runs();

	for (unsigned int i = 0; i < runs; i++) {
		double ms;

		daemon_process_start(&d, &ms);
		series_add(&ready, ms);
		if (i + 1 < runs)
			daemon_process_stop(&d);
	}
	sleep(1);
	n = process_tree(d.pid, pids);
	report_memory(pids, n);
	report_ms(&(struct row){.id = "1.4",
				.what = "start until it answers GetVersion",
				.series = &ready},
		  READY_MS);
	report_wakeups(pids, n);
	daemon_process_stop(&d);
	return 0;
}
