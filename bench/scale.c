/* SPDX-License-Identifier: Apache-2.0 */
/* Row 1.5: a thousand programs. The load of one more is judged by the medians of as many loads on
 * the empty and on the full daemon, by gRPC, of an object whose digest is known. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "daemon.h"
#include "process.h"
#include "report.h"
#include "series.h"

#define PROGRAMS    1000
#define GET_MS	    25.0
#define KB_EACH_MAX 4.0

/* Medians of the same thing, minutes apart, differ by up to a fifth here. */
#define NOISE 1.25

static double load(struct bpfd_conn *conn, const char *name)
{
	const struct bpfd_load_opts opts = {
		.size = sizeof(opts), .bytecode = setting("TRACEPOINT_OBJECT"), .name = name};
	struct bpfd_programs *programs;
	uint64_t begin = clock_ns();
	int r = bpfd_program_load(conn, &opts, &programs);
	double ms = clock_ms_since(begin);

	if (r < 0)
		report_fail("load", bpfd_error_text(conn));
	bpfd_programs_free(programs);
	return ms;
}

static void load_and_unload(struct bpfd_conn *conn, struct series *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		series_add(s, load(conn, "more"));
		if (bpfd_program_unload(conn, "more", false) < 0)
			report_fail("unload", bpfd_error_text(conn));
		usleep(2000);
	}
}

static void fill(struct bpfd_conn *conn)
{
	char name[32];

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		snprintf(name, sizeof(name), "program-%04u", i);
		load(conn, name);
	}
}

static void list(struct series *ours, struct series *tool, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		char *get[] = {(char *)setting("BPFCTL"), "get", "programs", NULL};
		char *walk[] = {"bpftool", "prog", "list", "-j", NULL};
		double ms = process_run(get);

		if (ms < 0)
			report_fail("bpfctl get programs", "failed");
		series_add(ours, ms);
		ms = process_run(walk);
		if (ms >= 0)
			series_add(tool, ms);
	}
}

static void report_more(const struct series *empty, const struct series *full)
{
	double bound = series_median(empty) * NOISE;
	char peer[96];
	struct row row = {.id = "1.5",
			  .what = "gRPC load of one more beside 1,000",
			  .value = series_median(full),
			  .unit = "ms",
			  .peer = peer,
			  .must = "as the first, +25 % of noise",
			  .holds = series_median(full) <= bound,
			  .series = full};

	report_peer("on the empty daemon", empty, peer, sizeof(peer));
	report(&row);
}

static void report_each(double kb)
{
	struct row row = {
		.id = "1.5",
		.what = "anonymous memory of bpfd for one program of 1,000, after listing",
		.value = kb,
		.unit = "kB",
		.peer = "",
		.must = "<= 4 kB",
		.holds = kb <= KB_EACH_MAX};

	report(&row);
}

int main(void)
{
	static struct series empty, full, get, tool;
	struct daemon_process d;
	struct bpfd_conn *conn;
	unsigned int n = report_runs();
	uint64_t before_kb, after_kb;
	char peer[96];

	daemon_process_start(&d, NULL);
	conn = daemon_process_connect(&d);
	load_and_unload(conn, &empty, n);
	before_kb = process_memory_kb(d.pid, "Anonymous:");
	fill(conn);
	load_and_unload(conn, &full, n);
	list(&get, &tool, n);
	after_kb = process_memory_kb(d.pid, "Anonymous:");
	report_peer("bpftool prog list", &tool, peer, sizeof(peer));
	report_ms(&(struct row){"1.5", "bpfctl get programs beside 1,000, whole process",
				.peer = peer, .series = &get},
		  GET_MS);
	report_more(&empty, &full);
	report_each(after_kb > before_kb ? (double)(after_kb - before_kb) / PROGRAMS : 0);
	bpfd_close(conn);
	daemon_process_stop(&d);
	return 0;
}
