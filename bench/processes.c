/* SPDX-License-Identifier: Apache-2.0 */
/* Row 1.3: bpfctl's commands as whole processes on an empty daemon, beside bpftool's. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "report.h"
#include "series.h"

#define PROCESS_MS 6.0

/* As in calls.c: the kernel unhooks after the last unlink(2). */
#define SETTLE_US 100000

static void must_run(struct series *s, char *const argv[])
{
	double ms = process_run(argv);

	if (ms < 0)
		report_fail(argv[1], "failed");
	if (s)
		series_add(s, ms);
}

/* bpftool may be missing; then there is no peer. */
static void may_run(struct series *s, char *const argv[])
{
	double ms = process_run(argv);

	if (ms >= 0)
		series_add(s, ms);
}

int main(void)
{
	static struct series load, attach, get, nothing, tool_load, tool_list;
	struct daemon_process d;
	char *bpfctl = (char *)setting("BPFCTL"), *object = (char *)setting("TRACEPOINT_OBJECT");
	char pin[160], peer[96];
	unsigned int n = report_runs();

	snprintf(pin, sizeof(pin), "%s/floor/tool", setting("BENCH_DIR"));
	daemon_process_start(&d, NULL);
	for (unsigned int i = 0; i < n; i++) {
		must_run(&load, (char *[]){bpfctl, "load", object, "--name", "one", NULL});
		must_run(&get, (char *[]){bpfctl, "get", "programs", NULL});
		must_run(&attach,
			 (char *[]){bpfctl, "attach", "one", "tracepoint:net/net_dev_queue", NULL});
		must_run(NULL, (char *[]){bpfctl, "unload", "--force", "one", NULL});
		must_run(&nothing, (char *[]){"/bin/true", NULL});
		may_run(&tool_load, (char *[]){"bpftool", "prog", "load", object, pin, NULL});
		may_run(&tool_list, (char *[]){"bpftool", "prog", "list", "-j", NULL});
		unlink(pin);
		usleep(SETTLE_US);
	}
	daemon_process_stop(&d);
	report_peer("bpftool prog load", &tool_load, peer, sizeof(peer));
	report_ms(&(struct row){"1.3", "bpfctl load, whole process", .peer = peer, .series = &load},
		  PROCESS_MS);
	report_peer("/bin/true", &nothing, peer, sizeof(peer));
	report_ms(&(struct row){"1.3", "bpfctl attach to a tracepoint, whole process", .peer = peer,
				.series = &attach},
		  PROCESS_MS);
	report_peer("bpftool prog list", &tool_list, peer, sizeof(peer));
	report_ms(&(struct row){"1.3", "bpfctl get programs, whole process", .peer = peer,
				.series = &get},
		  PROCESS_MS);
	return 0;
}
