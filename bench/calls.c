/* SPDX-License-Identifier: Apache-2.0 */
/* Rows 1.1 and 1.2: what a client waits for load, attach and detach, beside libbpf in process. Ours
 * and the floor take turns, so that whatever else the machine does meets both. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpfd/bpfd.h>

#include "daemon.h"
#include "floor.h"
#include "report.h"
#include "series.h"

#define LOAD_NEW_MS	 3.0
#define LOAD_KNOWN_MS	 1.0
#define TRACEPOINT_TIMES 1.5
#define TCX_TIMES	 1.2
#define DETACH_MS	 2.0

/* The kernel unhooks a tracepoint after the last unlink(2) has returned; an attach that comes
 * sooner would wait for that, and measure it. */
#define SETTLE_US 100000

/* Small calls before an operation is timed, ours or the floor's: processors and caches are awake
 * for both, as they are when calls follow each other. */
#define WARM_CALLS 5

struct bench {
	struct bpfd_conn *conn;
	const char *dir;
	char pin[160];
	char link_pin[160];
};

/* One kind of hook: its object, and what ours and the floor took. */
struct hook_times {
	const char *object;
	const char *hook;
	const char *interface; /* NULL: tracepoint */
	struct series attach, detach, floor_attach, floor_detach, floor_close;
};

static void check(struct bench *b, int r, const char *what)
{
	if (r < 0)
		report_fail(what, bpfd_error_text(b->conn));
}

/* A copy that nobody has seen: bytes behind the sections change its digest and nothing else. */
static void write_variant(const char *from, const char *to, unsigned int number)
{
	char data[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n = read(in, data, sizeof(data) - 16);

	if (in < 0 || out < 0 || n <= 0)
		report_fail(from, "cannot be copied");
	n += snprintf(data + n, 16, "%015u", number);
	if (write(out, data, (size_t)n) != n)
		report_fail(to, "cannot be written");
	close(in);
	close(out);
}

static double load(struct bench *b, const char *path, const char *name, const char *type)
{
	const struct bpfd_load_opts opts = {
		.size = sizeof(opts), .bytecode = path, .name = name, .type = type};
	struct bpfd_programs *programs;
	uint64_t begin = clock_ns();
	int r = bpfd_program_load(b->conn, &opts, &programs);
	double ms = clock_ms_since(begin);

	check(b, r, "load");
	bpfd_programs_free(programs);
	return ms;
}

static void unload(struct bench *b, const char *name)
{
	check(b, bpfd_program_unload(b->conn, name, false), "unload");
}

static void settle(struct bench *b)
{
	usleep(SETTLE_US);
	for (unsigned int i = 0; i < WARM_CALLS; i++) {
		struct bpfd_version *version;

		check(b, bpfd_version_get(b->conn, &version), "GetVersion");
		bpfd_version_free(version);
	}
}

static void measure_load(struct bench *b, unsigned int n)
{
	struct series fresh = {0}, known = {0}, floor = {0};
	const char *object = setting("TRACEPOINT_OBJECT");
	char path[160], name[32], peer[96];

	snprintf(path, sizeof(path), "%s/variant.o", b->dir);
	for (unsigned int i = 0; i < n; i++) {
		struct bpf_object *o;
		uint64_t begin;

		write_variant(object, path, i);
		series_add(&fresh, load(b, path, "fresh", NULL));
		unload(b, "fresh");
		settle(b);
		snprintf(name, sizeof(name), "known-%u", i);
		series_add(&known, load(b, path, name, NULL));
		unload(b, name);
		settle(b);
		begin = clock_ns();
		o = floor_load(object, b->pin);
		series_add(&floor, clock_ms_since(begin));
		floor_unload(o, b->pin);
		settle(b);
	}
	report_peer("libbpf in process", &floor, peer, sizeof(peer));
	report_ms(&(struct row){"1.1", "gRPC load of a tiny tracepoint object never seen before",
				.peer = peer, .series = &fresh},
		  LOAD_NEW_MS);
	report_ms(&(struct row){"1.1", "gRPC load of a tiny tracepoint object, digest known",
				.peer = peer, .series = &known},
		  LOAD_KNOWN_MS);
}

static void attach_ours(struct bench *b, struct hook_times *t)
{
	const struct bpfd_attach_opts opts = {
		.size = sizeof(opts), .program = "hooked", .hook = t->hook};
	struct bpfd_detach_opts detach = {.size = sizeof(detach)};
	struct bpfd_links *links;
	uint64_t begin = clock_ns();
	int r = bpfd_link_attach(b->conn, &opts, &links);

	series_add(&t->attach, clock_ms_since(begin));
	check(b, r, t->hook);
	detach.link = bpfd_link_id(bpfd_links_get(links, 0));
	bpfd_links_free(links);
	settle(b);
	begin = clock_ns();
	r = bpfd_link_detach(b->conn, &detach, NULL, NULL);
	series_add(&t->detach, clock_ms_since(begin));
	check(b, r, "detach");
	settle(b);
}

static void attach_floor(struct bench *b, struct hook_times *t, struct bpf_object *object)
{
	struct bpf_link *link = NULL;
	uint64_t begin = clock_ns();

	if (t->interface)
		floor_attach_tcx(object, t->interface, b->link_pin);
	else
		link = floor_attach_tracepoint(object, b->link_pin);
	series_add(&t->floor_attach, clock_ms_since(begin));
	if (link)
		floor_release(link);
	settle(b);
	begin = clock_ns();
	unlink(b->link_pin);
	series_add(&t->floor_detach, clock_ms_since(begin));
	settle(b);
	if (t->interface)
		return;
	link = floor_attach_tracepoint(object, NULL);
	begin = clock_ns();
	floor_release(link);
	series_add(&t->floor_close, clock_ms_since(begin));
	settle(b);
}

static void report_times(const char *what, struct hook_times *t, double most)
{
	double floor = series_median(&t->floor_attach);
	char peer[96], must[32];
	struct row row = {.id = "1.2",
			  .what = what,
			  .value = series_median(&t->attach) / floor,
			  .unit = "x",
			  .peer = peer,
			  .must = must,
			  .holds = series_median(&t->attach) <= most * floor};

	snprintf(must, sizeof(must), "<= %g x", most);
	snprintf(peer, sizeof(peer), "%.3g ms; libbpf in process %.3g ms (%.3g .. %.3g)",
		 series_median(&t->attach), floor, series_at(&t->floor_attach, 0),
		 series_at(&t->floor_attach, 1));
	report(&row);
}

static void measure_hook(struct bench *b, struct hook_times *t, unsigned int n)
{
	struct bpf_object *object = floor_load(t->object, b->pin);

	load(b, t->object, "hooked", t->interface ? "tcx" : NULL);
	for (unsigned int i = 0; i < n; i++) {
		attach_ours(b, t);
		attach_floor(b, t, object);
	}
	unload(b, "hooked");
	floor_unload(object, b->pin);
}

static void measure_attach(struct bench *b, unsigned int n)
{
	static struct hook_times tracepoint = {.hook = "tracepoint:net/net_dev_queue"};
	static struct hook_times tcx = {.hook = "tcx:bench0/ingress", .interface = "bench0"};
	char peer[96], held[48];

	tracepoint.object = setting("TRACEPOINT_OBJECT");
	tcx.object = setting("TCX_OBJECT");
	measure_hook(b, &tracepoint, n);
	measure_hook(b, &tcx, n);
	report_times("gRPC attach tracepoint, of the libbpf floor", &tracepoint, TRACEPOINT_TIMES);
	report_times("gRPC attach tcx, of the libbpf floor", &tcx, TCX_TIMES);
	snprintf(held, sizeof(held), "; close() of a held link %.3g ms",
		 series_median(&tracepoint.floor_close));
	report_peer("unlink of the pin", &tracepoint.floor_detach, peer,
		    (unsigned int)(sizeof(peer) - strlen(held)));
	strcat(peer, held);
	report_ms(&(struct row){"1.2", "gRPC detach tracepoint", .peer = peer,
				.series = &tracepoint.detach},
		  DETACH_MS);
}

int main(int argc, char **argv)
{
	struct daemon_process d;
	struct bench b = {.dir = setting("BENCH_DIR")};

	if (argc != 2)
		report_fail("usage", "calls load | attach");
	snprintf(b.pin, sizeof(b.pin), "%s/floor/program", b.dir);
	snprintf(b.link_pin, sizeof(b.link_pin), "%s/floor/link", b.dir);
	daemon_process_start(&d, NULL);
	b.conn = daemon_process_connect(&d);
	if (strcmp(argv[1], "load") == 0)
		measure_load(&b, report_runs());
	else
		measure_attach(&b, report_runs());
	bpfd_close(b.conn);
	daemon_process_stop(&d);
	return 0;
}
